import type { Position, Principal } from '@portcullis/context'
import type { Follower, PrincipalKeys } from '@portcullis/revocation'
import type { Clock } from '@portcullis/runtime'
import type { LoadedSession, Session, SessionStore } from '@portcullis/sessions'
import { GatewayError } from '../errors.ts'
import type { ClaimsReader } from './claims-reader.ts'
import { toPrincipal } from './principal.ts'

/** A session that may be served from memory. Times are on the monotonic clock, in milliseconds. */
export interface VerifiedSession {
  readonly session: Session
  readonly principal: Principal
  /** What it depends on; the organization as the session has it, also where the principal has none. */
  readonly keys: PrincipalKeys
  /** The place in the log at which it was loaded. */
  readonly loadedAt: Position
  /** Past it the session has ended. */
  readonly endsAt: number
  /** Past it the session has to be loaded again, to see whether it was used elsewhere. */
  readonly reloadAt: number
  /** How long ago it was last used according to its record. */
  readonly unusedMs: number
}

export interface SessionLoaderOptions {
  readonly store: Pick<SessionStore, 'load'>
  readonly claims: ClaimsReader
  readonly follower: Pick<Follower, 'admit' | 'catchUp'>
  readonly clock: Clock
}

/** How often a load is repeated because something was said about its keys meanwhile. */
const MAX_LOADS = 4

/**
 * Loads a session and its claims as of one place in the log that this instance has applied, and past which nothing was
 * said about them. Without that rule, a value read before a revocation could be cached after it.
 *
 * @throws {GatewayError} `ERR_UNVERIFIABLE`
 */
export function createSessionLoader({ store, claims, follower, clock }: SessionLoaderOptions) {
  async function load(token: string): Promise<VerifiedSession | undefined> {
    for (let loads = 0; loads < MAX_LOADS; loads += 1) {
      const askedAt = clock.now()
      const loaded = await store.load(token)
      if (!loaded) return undefined
      const known = await claims.read(loaded)
      if (!known) return undefined
      const { id: session, subject, organization } = loaded.session
      const keys = { session, subject, organization }
      if (await isAdmitted(loaded, keys)) {
        return verified(loaded, keys, toPrincipal(loaded.session, known), askedAt)
      }
    }
    throw new GatewayError('ERR_UNVERIFIABLE')
  }

  /** The last judgement and the use of the value happen in one step: no event can come between them. */
  async function isAdmitted({ point }: LoadedSession, keys: PrincipalKeys) {
    if (follower.admit(point, keys) === 'ahead') await follower.catchUp()
    return follower.admit(point, keys) === 'admitted'
  }

  return async (token: string) => {
    try {
      return await load(token)
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause
      throw new GatewayError('ERR_UNVERIFIABLE', { cause })
    }
  }
}

function verified(
  { session, point, endsInMs, idleInMs }: LoadedSession,
  keys: PrincipalKeys,
  principal: Principal,
  askedAt: number,
): VerifiedSession {
  return {
    session,
    principal,
    keys,
    loadedAt: point.position,
    endsAt: askedAt + endsInMs,
    reloadAt: idleInMs === null ? Number.POSITIVE_INFINITY : askedAt + idleInMs,
    unusedMs: session.endsAt - endsInMs - session.lastSeenAt,
  }
}
