import {
  ASSERTION_HEADER,
  type AssertionSigner,
  createAssertionSigner,
  createId,
  createKeyRing,
  generateSigningKey,
  type InstanceId,
  type SubjectId,
} from '@portcullis/context'
import { connectRedis } from '@portcullis/redis'
import {
  createFollower,
  type Follower,
  type GatewayFollowerOptions,
  type RelayedCall,
  relayPath,
} from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { startRedis } from '@portcullis/testing'
import type { RelayLimits } from '../../src/index.ts'
import { newKeyspace, startGateway } from '../support/start-gateway.ts'

/** Milliseconds. */
export const LEASE_MS = 1_000

const silent = createLogger({ name: 'test', level: 'silent' })

/** A Redis that only gateways reach, and services that have a key and the address of a gateway. */
export async function startRelayed() {
  const redis = await startRedis()
  const admin = connectRedis({ url: redis.url, role: 'commands', name: 'admin' })
  const keyspace = newKeyspace()
  const rings = { orders: await newRing(), billing: await newRing(), stranger: await newRing() }
  const { stranger: _untrusted, ...trusted } = rings
  const trust = Object.fromEntries(
    Object.entries(trusted).map(([name, ring]) => [name, ring.publicJwks()]),
  )

  const signer = (name: keyof typeof rings, service: string = name): AssertionSigner =>
    createAssertionSigner({ service, keyRing: rings[name], clock: systemClock })

  return {
    redis,
    admin,
    keyspace,
    signer,

    startGateway: (
      options: { limits?: Partial<RelayLimits>; redisUrl?: string; mayRevoke?: string[] } = {},
    ) =>
      startGateway({
        redisUrl: options.redisUrl ?? redis.url,
        keyspace,
        services: {},
        leaseMs: LEASE_MS,
        relay: {
          trust,
          mayRevoke: options.mayRevoke,
          ...(options.limits && { limits: options.limits }),
        },
      }),

    follow: (
      gatewayUrl: string | readonly string[],
      options: Partial<GatewayFollowerOptions> = {},
    ): Promise<Follower> =>
      createFollower({
        gatewayUrl,
        assertion: signer('orders'),
        name: 'orders',
        logger: silent,
        leaseMs: LEASE_MS,
        ...options,
      }),

    /** A fence as the service `orders` would ask for it; the record is like the gateway's. */
    async fence(record: Record<string, unknown> = {}, instance = createId('ins')) {
      const [stored = '{}'] = await admin.hvals(keyspace.members)
      const own = { ...JSON.parse(stored), service: 'orders', drives: false, fences: 1 }
      return { instance, record: { ...own, ...record }, after: -1, limit: 10, listsMembers: false }
    },

    /** Connections that listen to what is said to an instance. */
    async subscribed(instance: InstanceId): Promise<number> {
      const channel = keyspace.acknowledgements(instance)
      const [, count] = (await admin.pubsub('NUMSUB', channel)) as [string, number]
      return count
    },

    async [Symbol.asyncDispose]() {
      admin.disconnect()
      await redis[Symbol.asyncDispose]()
    },
  }
}

export function keysOf(subject: SubjectId) {
  return { session: 'ses_x', subject, organization: null } as const
}

/** What the gateway answers: status and code. */
export async function ask(
  gatewayUrl: string,
  call: RelayedCall,
  body: unknown,
  options: { signer?: AssertionSigner; audience?: string; headers?: Record<string, string> } = {},
): Promise<[status: number, code: unknown]> {
  const { signer, audience = 'gateway', headers } = options
  const assertion = signer && { [ASSERTION_HEADER]: await signer.sign({ audience }) }
  const response = await fetch(`${gatewayUrl}${relayPath(call)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...assertion, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answer = (await response.json()) as { error?: { code: unknown } }
  return [response.status, answer.error?.code]
}

async function newRing() {
  return createKeyRing({ signing: await generateSigningKey() })
}
