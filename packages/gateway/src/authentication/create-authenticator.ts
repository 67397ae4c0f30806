import {
  type ClaimsDefinition,
  type ContextSigner,
  comparePositions,
  type Position,
} from '@portcullis/context'
import { createLiveWork, type Follower } from '@portcullis/revocation'
import type { Clock, Logger } from '@portcullis/runtime'
import type { ClaimsSource, MissingSession, SessionStore } from '@portcullis/sessions'
import { LRUCache } from 'lru-cache'
import type { Authentication, Authenticator, Voucher } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import { createClaimsReader } from './claims-reader.ts'
import { type ContextMint, createContextMint } from './context-mint.ts'
import { toPrincipal } from './principal.ts'
import { createRenewals } from './renewals.ts'
import { createRulesReader } from './rules-reader.ts'
import { createSessionLoader, type VerifiedSession } from './session-loader.ts'
import { createTouchQueue } from './touch-queue.ts'

export interface AuthenticatorOptions {
  readonly store: SessionStore
  readonly claims: ClaimsSource
  /** The claims of the team's own; left out, they are passed on as their owner has them. */
  readonly customClaims?: ClaimsDefinition | undefined
  readonly follower: Follower
  readonly signer: ContextSigner
  readonly clock: Clock
  readonly logger: Logger
  /** Sessions kept in memory; the one used longest ago makes room. Default 100,000. */
  readonly maxCachedSessions?: number
  /** Loads under way at once; beyond it requests are refused as unverifiable. Default 1,000. */
  readonly maxPendingLoads?: number
}

interface CachedSession extends VerifiedSession {
  readonly mint: ContextMint
  readonly authentication: Authentication
  /** Place in the log at which it was last found current. */
  checkedAt: Position
  /** Monotonic; when its use was last noted. */
  touchedAt: number
}

/** How often the use of a session is noted at most, in milliseconds. */
const TOUCH_INTERVAL_MS = 60_000

/**
 * Authenticates from memory as long as nothing was said about a session, and loads it once otherwise.
 * The cache is keyed by the cookie's exact value, so that a hit costs neither a hash nor a MAC: only values that were
 * verified once are in it.
 */
export function createAuthenticator(
  options: AuthenticatorOptions,
): Authenticator & Voucher & AsyncDisposable {
  const { store, follower, signer, clock, logger, maxPendingLoads = 1_000 } = options
  const { claims: source, customClaims: definition } = options
  const claims = createClaimsReader({ source, store, definition, logger })
  const rules = createRulesReader({ source, store, follower, logger })
  const load = createSessionLoader({ claims, rules, follower, clock })
  const touches = createTouchQueue({ store, clock, logger })
  const cache = new LRUCache<string, CachedSession>({ max: options.maxCachedSessions ?? 100_000 })
  const loading = new Map<string, Promise<Authentication | undefined>>()
  const live = createLiveWork(follower)
  const renewals = createRenewals(follower)
  const stopResets = follower.onReset(() => cache.clear())

  /** Decides in one synchronous step: lease, deadline, floors, and where in the log that was. */
  function isCurrent(entry: CachedSession) {
    if (!isInTime(entry)) return false
    if (follower.isStale(entry.keys, entry.checkedAt)) return false
    entry.checkedAt = follower.position
    return true
  }

  function isInTime(entry: CachedSession) {
    return follower.isFresh() && clock.now() < entry.endsAt
  }

  /** Whether all that was said of it since is that the rules of its organization differ. */
  function hasOtherRules(entry: CachedSession) {
    return isInTime(entry) && !follower.isSessionStale(entry.keys, entry.checkedAt)
  }

  /** The session under the rules of now, if they are at hand: in the step that judges both, and without a promise. */
  function underNewRules(token: string, entry: CachedSession) {
    if (!hasOtherRules(entry)) return undefined
    const { session, grants, keys } = entry
    const current = rules.current(keys.organization)
    if (current === undefined) return undefined
    const principal = toPrincipal(session, grants, current)
    const unusedMs = clock.now() - entry.touchedAt
    return use(remember(token, { ...entry, principal, unusedMs, loadedAt: follower.position }))
  }

  async function readRules(token: string, entry: CachedSession) {
    const { organization } = entry.keys
    if (organization) await rules.read(organization)
    return underNewRules(token, entry) ?? loadOnce(token)
  }

  function remember(token: string, verified: VerifiedSession): CachedSession {
    const { session, principal } = verified
    const mint = createContextMint(signer, clock, principal, session.endsAt)
    const entry: CachedSession = {
      ...verified,
      mint,
      checkedAt: verified.loadedAt,
      touchedAt: clock.now() - verified.unusedMs,
      authentication: {
        principal,
        session,
        contextFor: (audience, notBefore, minLifetimeMs) =>
          contextFor(entry, audience, notBefore, minLifetimeMs),
        isCurrent: () => isCurrent(entry),
        watch: () => live.track(entry.keys, entry.checkedAt),
        remainingMs: () => entry.endsAt - clock.now(),
      },
    }
    cache.set(token, entry)
    return entry
  }

  function contextFor(
    entry: CachedSession,
    audience: string,
    notBefore?: Position,
    minLifetimeMs?: number,
  ) {
    // What has become stale since it was authenticated is not vouched for at a later place than it was checked.
    const checkedAt = () => (isCurrent(entry) ? follower.position : entry.checkedAt)
    return entry.mint.contextFor(audience, checkedAt, notBefore, minLifetimeMs)
  }

  function use(entry: CachedSession): Authentication {
    const now = clock.now()
    if (now - entry.touchedAt >= TOUCH_INTERVAL_MS) {
      entry.touchedAt = now
      touches.add(entry.session.id)
    }
    return entry.authentication
  }

  async function loadOnce(token: string) {
    let missing: MissingSession | undefined
    const verified = await load(async () => {
      const found = await store.lookUp(token)
      missing = found?.session === null ? found : undefined
      return found
    })
    if (!verified) {
      cache.delete(token)
      if (missing && renewals.has(missing.id)) throw new GatewayError('ERR_SESSION_RENEWED')
      return undefined
    }
    const entry = remember(token, verified)
    if (!isCurrent(entry)) throw new GatewayError('ERR_UNVERIFIABLE')
    return use(entry)
  }

  async function fence() {
    await follower.catchUp().catch((cause) => {
      throw new GatewayError('ERR_UNVERIFIABLE', { cause })
    })
  }

  /** Without a lease one fence is tried; there is no other way to know. */
  async function authenticateAfterFence(token: string): Promise<Authentication | undefined> {
    await fence()
    if (!follower.isFresh()) throw new GatewayError('ERR_UNVERIFIABLE')
    return authenticate(token)
  }

  function authenticate(token: string): ReturnType<Authenticator['authenticate']> {
    const entry = cache.get(token)
    const known = entry && clock.now() < entry.reloadAt ? entry : undefined
    if (known && isCurrent(known)) return use(known)
    if (!follower.isFresh()) return authenticateAfterFence(token)
    const renewed = known && underNewRules(token, known)
    if (renewed) return renewed
    const underway = loading.get(token)
    if (underway) return underway
    if (loading.size >= maxPendingLoads) return Promise.reject(new GatewayError('ERR_UNVERIFIABLE'))
    const work = known && hasOtherRules(known) ? readRules(token, known) : loadOnce(token)
    const next = work.finally(() => loading.delete(token))
    loading.set(token, next)
    return next
  }

  return {
    authenticate,

    async catchUp(position) {
      if (position && isApplied(follower.position, position)) return
      await fence()
      // Of a history that there is not (any more): nothing here can be as new as that.
      if (position && comparePositions(position, follower.position) > 0) {
        throw new GatewayError('ERR_UNVERIFIABLE')
      }
    },

    async place() {
      await fence().catch(() => undefined)
      return follower.position
    },

    async vouchFor({ session: id, organization, position: takenAt }, audience) {
      if (!follower.isFresh()) await fence()
      const verified = await load(() => store.lookUpById(id, { organization, takenAt }))
      // An organization that the person is no member of (any more) is not what the work was for.
      if (!verified || verified.principal.organization !== organization) return undefined
      const { principal, session, loadedAt: position } = verified
      const options = { audience, position, sessionEndsAt: session.endsAt }
      return (await signer.sign(principal, options)).token
    },

    async [Symbol.asyncDispose]() {
      stopResets()
      renewals[Symbol.dispose]()
      live[Symbol.dispose]()
      await touches[Symbol.asyncDispose]()
    },
  }
}

function isApplied(applied: Position, wanted: Position): boolean {
  return applied.epoch === wanted.epoch && applied.seq >= wanted.seq
}
