import { eventually } from '@portcullis/testing'
import { TRPCClientError } from '@trpc/client'
import type { Client, Device } from './device.ts'
import { ExpectationError } from './expectation.ts'

/** One procedure of the gateway's own and one of each service. */
const PROCEDURES = {
  'session.list': (client: Client) => client.session.list.query(),
  'accounts.me': (client: Client) => client.accounts.me.query(),
  'orders.list': (client: Client) => client.orders.list.query({}),
}

/** How soon a gateway that did not revoke itself has to refuse. Milliseconds. */
const BOUND_MS = 1_000

/** @throws if a device with a session is refused anything, at any gateway. */
export async function expectAccepted(device: Device): Promise<void> {
  for (const client of device.clients) {
    for (const call of Object.values(PROCEDURES)) await call(client)
  }
}

/**
 * Every procedure refuses the device: at the first gateway from now on, at the others within a second.
 *
 * @throws {ExpectationError} if its session is accepted anywhere.
 */
export async function expectRefused(device: Device): Promise<void> {
  const [first, ...others] = device.clients
  if (first !== undefined) await expectRefusedBy(first, 'the gateway that revoked', device)
  await withinBound(async () => {
    for (const client of others) await expectRefusedBy(client, 'another gateway', device)
  })
}

/** Tries for a second, the bound for whoever did not revoke itself. */
export async function withinBound(expectation: () => Promise<void>): Promise<void> {
  await eventually(expectation, { timeoutMs: BOUND_MS, intervalMs: 2 })
}

async function expectRefusedBy(client: Client, gateway: string, { name }: Device): Promise<void> {
  for (const [procedure, call] of Object.entries(PROCEDURES)) {
    const outcome = await call(client).then(() => 'accepted', codeOf)
    if (outcome === 'UNAUTHORIZED') continue
    throw new ExpectationError(
      `${name} was revoked, and ${gateway} answered ${procedure} with: ${outcome}`,
    )
  }
}

/** The tRPC code of a refusal. */
export function codeOf(error: unknown): string {
  if (!(error instanceof TRPCClientError)) return String(error)
  return error.data?.code ?? error.message
}
