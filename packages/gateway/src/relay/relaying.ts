import {
  type AssertionVerifier,
  createAssertionVerifier,
  createVerificationKeys,
  type Jwks,
  type VerificationKeys,
} from '@portcullis/context'
import type { Keyspace } from '@portcullis/redis'
import { createRelay, RELAY_AUDIENCE, type Relay } from '@portcullis/revocation'
import type { Clock } from '@portcullis/runtime'
import type { Voucher } from '../authenticator.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { type RelayLimits, resolveRelayLimits } from './relay-limits.ts'
import { createRelayedRevoker, type RelayedRevoker } from './relayed-revoker.ts'

/**
 * For services that may not or cannot reach Redis, `createFollower({ gatewayUrl, assertion })`, and for those that run jobs
 * on behalf of people, `createPrincipalSource` of the jobs package.
 */
export interface RelayOptions {
  /** Public keys of the services that may use it, by their names. */
  readonly trust: Readonly<Record<string, Jwks | VerificationKeys>>
  /** Those of them that may end sessions, though none can read one: workers, say. Default none. */
  readonly mayRevoke?: readonly string[] | undefined
  readonly limits?: Partial<RelayLimits>
}

/** The relay, who says what holds of people, and what decides who may use them. */
export interface Relaying extends Disposable {
  readonly relay: Relay
  readonly voucher: Voucher
  readonly revoker: RelayedRevoker
  readonly verifier: AssertionVerifier
  readonly limits: RelayLimits
}

export interface RelayingOptions extends RelayOptions {
  readonly redisUrl: string
  readonly voucher: Voucher
  readonly revocations: Pick<Revocations, 'revoke'>
  readonly name: string
  readonly keyspace?: Keyspace
  readonly leaseMs?: number | undefined
  readonly replicas?: number | undefined
  readonly clock: Clock
}

/**
 * @throws {TypeError} naming the option that is wrong.
 * @throws {RedisError} `ERR_REDIS_UNAVAILABLE`
 */
export async function createRelaying(options: RelayingOptions): Promise<Relaying> {
  const limits = resolveRelayLimits(options.limits)
  const trust = Object.fromEntries(
    Object.entries(options.trust).map(([service, keys]) => [service, toKeys(service, keys)]),
  )
  const { clock, voucher, revocations, mayRevoke = [] } = options
  const stranger = mayRevoke.find((service) => !Object.hasOwn(trust, service))
  if (stranger !== undefined) {
    throw new TypeError(`relay.mayRevoke: ${stranger} is not in relay.trust`)
  }
  const revoker = createRelayedRevoker({ revocations, mayRevoke, limits })
  const verifier = createAssertionVerifier({ audience: RELAY_AUDIENCE, trust, clock })
  const relay = await createRelay({ ...options, longestLeaseMs: limits.longestLeaseMs })
  return {
    relay,
    voucher,
    revoker,
    verifier,
    limits,
    [Symbol.dispose]: () => relay[Symbol.dispose](),
  }
}

function toKeys(service: string, keys: Jwks | VerificationKeys): VerificationKeys {
  if ('keyFor' in keys) return keys
  try {
    return createVerificationKeys(keys)
  } catch (cause) {
    throw new TypeError(`relay.trust.${service}: not a JSON Web Key Set`, { cause })
  }
}
