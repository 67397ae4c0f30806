import type { OrganizationId, Position, Principal } from '@portcullis/context'
import type { Follower, PrincipalKeys } from '@portcullis/revocation'
import type { Clock } from '@portcullis/runtime'
import type { LoadedSession, MissingSession, Session } from '@portcullis/sessions'
import { GatewayError } from '../errors.ts'
import type { ClaimsReader } from './claims-reader.ts'
import { type Grants, toGrants, toPrincipal } from './principal.ts'
import type { RulesReader } from './rules-reader.ts'

/** A session that may be served from memory. Times are on the monotonic clock, in milliseconds. */
export interface VerifiedSession {
  readonly session: Session
  readonly principal: Principal
  /** What the principal was made of, with the rules of its organization. */
  readonly grants: Grants
  /** What it depends on; the organization as the session has it, also where the principal has none. */
  readonly keys: PrincipalKeys
  /** The place in the log at which it was found current. */
  readonly loadedAt: Position
  /** Past it the session has ended. */
  readonly endsAt: number
  /** Past it the session has to be loaded again, to see whether it was used elsewhere. */
  readonly reloadAt: number
  /** How long ago it was last used according to its record. */
  readonly unusedMs: number
}

export interface SessionLoaderOptions {
  readonly claims: ClaimsReader
  readonly rules: RulesReader
  readonly follower: Pick<Follower, 'admit' | 'catchUp' | 'isOn' | 'position'>
  readonly clock: Clock
}

/** Reads the session from the store; null for what is no session of ours. */
type ReadSession = () => Promise<LoadedSession | MissingSession | null>

/** How often a load is repeated because something was said about its keys meanwhile. */
const MAX_LOADS = 4

/**
 * Loads a session and its claims as of one place in the log that this instance has applied, and past which nothing was
 * said about them. Without that rule, a value read before a revocation could be cached after it.
 *
 * @throws {GatewayError} `ERR_UNVERIFIABLE`
 */
export function createSessionLoader(options: SessionLoaderOptions) {
  const { claims, rules, follower, clock } = options

  async function load(read: ReadSession): Promise<VerifiedSession | undefined> {
    for (let loads = 0; loads < MAX_LOADS; loads += 1) {
      const askedAt = clock.now()
      const loaded = await read()
      if (!loaded) return undefined
      if (!loaded.session) {
        if (await isMissing(loaded)) return undefined
        continue
      }
      const known = await claims.read(loaded)
      if (!known) return undefined
      if (known.suspended) throw new GatewayError('ERR_SUBJECT_SUSPENDED')
      const { id: session, subject, organization } = loaded.session
      const keys = { session, subject, organization }
      await haveRules(organization)
      if (!(await isAdmitted(loaded, keys))) continue
      const current = rules.current(organization)
      if (current === undefined) continue
      const grants = toGrants(loaded.session, known)
      const principal = toPrincipal(loaded.session, grants, current)
      return verified(loaded, { keys, grants, principal, loadedAt: follower.position }, askedAt)
    }
    throw new GatewayError('ERR_UNVERIFIABLE')
  }

  async function haveRules(organization: OrganizationId | null) {
    if (organization !== null && rules.current(organization) === undefined) {
      await rules.read(organization)
    }
  }

  /**
   * A server that was deposed, or is behind, knows no session that began elsewhere since: that there is none counts only if a
   * fence sent afterwards proves the very history it was read from.
   */
  async function isMissing({ point }: MissingSession) {
    return (await follower.catchUp()) && follower.isOn(point)
  }

  /** The last judgement and the use of the value happen in one step: no event can come between them. */
  async function isAdmitted({ point }: LoadedSession, keys: PrincipalKeys) {
    if (follower.admit(point, keys) === 'ahead') await follower.catchUp()
    return follower.admit(point, keys) === 'admitted'
  }

  return async (read: ReadSession) => {
    try {
      return await load(read)
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause
      throw new GatewayError('ERR_UNVERIFIABLE', { cause })
    }
  }
}

type Judged = Pick<VerifiedSession, 'keys' | 'grants' | 'principal' | 'loadedAt'>

function verified(
  { session, endsInMs, idleInMs }: LoadedSession,
  judged: Judged,
  askedAt: number,
): VerifiedSession {
  return {
    ...judged,
    session,
    endsAt: askedAt + endsInMs,
    reloadAt: idleInMs === null ? Number.POSITIVE_INFINITY : askedAt + idleInMs,
    unusedMs: session.endsAt - endsInMs - session.lastSeenAt,
  }
}
