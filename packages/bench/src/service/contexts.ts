import {
  createContextSigner,
  createId,
  type KeyRing,
  type Position,
  type Principal,
} from '@portcullis/context'
import { createClaimsPublisher } from '@portcullis/revocation'
import { systemClock } from '@portcullis/runtime'

/** The service that everything here is signed for. */
export const SERVICE = 'orders'
/** Others of whom the log has said something: a floor that has to be looked past. */
const FLOORS = 1_000
const SESSION_MS = 3_600_000

/** Says something of others in the log. */
export async function raiseFloors(redisUrl: string): Promise<void> {
  const pepper = Buffer.alloc(32).toString('base64url')
  await using publisher = createClaimsPublisher({ redisUrl, name: 'bench', pepper })
  const publish = () =>
    publisher.publish({ subject: createId('usr'), version: 1, id: createId('chg'), cause: 'bench' })
  await publish()
  await Promise.all(Array.from({ length: FLOORS - 1 }, publish))
}

/** Contexts of as many people, as a gateway signs them. They live five minutes. */
export async function signContexts(
  keyRing: KeyRing,
  principals: readonly Principal[],
  position: Position,
): Promise<string[]> {
  const signer = createContextSigner({ keyRing, clock: systemClock })
  const target = { audience: SERVICE, position, sessionEndsAt: Date.now() + SESSION_MS }
  const sign = async (principal: Principal) => (await signer.sign(principal, target)).token
  return Promise.all(principals.map(sign))
}

export function createPrincipal(): Principal {
  return {
    subject: createId('usr'),
    session: createId('ses'),
    organization: 'org_acme',
    roles: ['member', 'billing'],
    permissions: ['orders.read', 'orders.write', 'invoices.read', 'members.read'],
    claimsVersion: 12,
    authenticatedAt: Math.floor(Date.now() / 1_000),
    methods: ['pwd', 'otp'],
    assurance: 'aal2',
    custom: { region: 'eu-central-1', plan: 'enterprise' },
  }
}
