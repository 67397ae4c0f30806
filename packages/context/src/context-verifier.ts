import { LRUCache } from 'lru-cache'
import { CONTEXT_CLAIMS, parseClaims } from './claims.ts'
import type { ClockLike } from './clock.ts'
import { CONTEXT_ISSUER, CONTEXT_LIFETIME_MS } from './context-signer.ts'
import { ContextError } from './errors.ts'
import { deepFreeze } from './freeze.ts'
import type { Position } from './position.ts'
import type { Principal } from './principal.ts'
import { CLOCK_TOLERANCE_SECONDS, type TokenExpectation, verifyToken } from './token.ts'
import type { VerificationKeys } from './verification-keys.ts'

export interface ContextVerifierOptions {
  /** The name of the service that verifies. */
  audience: string
  keys: VerificationKeys
  /** Default `gateway`. */
  issuer?: string
  /** Verified contexts kept, the least recently used goes first. About 3 KB each. Default 10,000. */
  maxEntries?: number
  clock: ClockLike
}

/** Shared by every request that carries the same token, and therefore frozen. */
export interface VerifiedContext {
  readonly principal: Principal
  /** Where the principal was checked. Whoever decides compares it with the floors of its own. */
  readonly position: Position
  /** The reading of `clock.now()` from which on the context is refused. */
  readonly deadline: number
}

export interface ContextVerifier {
  /**
   * Synchronous for a token that was verified before; one verification for all who first bring the same token at
   * the same time. Never throws synchronously.
   * @returns rejects with {ContextError} for anything that is not a context for this service.
   */
  verify(token: string): VerifiedContext | Promise<VerifiedContext>
  /** Contexts kept. */
  readonly size: number
}

interface Entry extends VerifiedContext {
  readonly kid: string
}

interface Kept {
  readonly token: string
  readonly entry: Entry
}

/** Characters of an Ed25519 signature, the last of a token. */
const SIGNATURE_LENGTH = 86

/** @throws {TypeError} when `maxEntries` is not a positive integer. */
export function createContextVerifier(options: ContextVerifierOptions): ContextVerifier {
  const { audience, keys, clock, issuer = CONTEXT_ISSUER, maxEntries = 10_000 } = options
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1)
    throw new TypeError('`maxEntries` must be a positive integer')
  const expected: TokenExpectation = {
    typ: 'ctx+jwt',
    issuer,
    audience,
    requiredClaims: CONTEXT_CLAIMS,
    maxAgeSeconds: CONTEXT_LIFETIME_MS / 1000,
  }
  // By signature, of which a map hashes 86 characters and not 700. It only finds: the whole token has to be the same.
  const verified = new LRUCache<string, Kept>({ max: maxEntries })
  const keyOf = (token: string) => token.slice(-SIGNATURE_LENGTH)
  const verifying = new Map<string, Promise<Entry>>()

  function refusalOf(entry: Entry): ContextError | undefined {
    if (clock.now() >= entry.deadline) return new ContextError('ERR_CONTEXT_EXPIRED')
    if (!keys.accepts(entry.kid)) return new ContextError('ERR_CONTEXT_SIGNATURE')
    return undefined
  }

  async function verifyFirst(token: string): Promise<Entry> {
    const { kid, exp, payload } = await verifyToken(token, expected, keys, clock)
    const lifetimeMs = (exp + CLOCK_TOLERANCE_SECONDS) * 1000 - clock.wall()
    // From here on only the monotonic clock counts: setting the wall clock back extends nothing.
    const entry = deepFreeze({ ...parseClaims(payload), deadline: clock.now() + lifetimeMs, kid })
    const refusal = refusalOf(entry)
    if (refusal) throw refusal
    verified.set(keyOf(token), { token, entry })
    return entry
  }

  function verify(token: string): Entry | Promise<Entry> {
    const kept = verified.get(keyOf(token))
    if (kept?.token === token) {
      const refusal = refusalOf(kept.entry)
      if (!refusal) return kept.entry
      verified.delete(keyOf(token))
      return Promise.reject(refusal)
    }
    const pending = verifying.get(token)
    if (pending) return pending
    const first = verifyFirst(token).finally(() => verifying.delete(token))
    verifying.set(token, first)
    return first
  }

  return {
    verify,
    get size() {
      return verified.size
    },
  }
}
