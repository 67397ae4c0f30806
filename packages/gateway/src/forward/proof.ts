import type { Position } from '@portcullis/context'
import type { Authentication, Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'

/** What the gateway knows of a caller at the moment at which it sends a request on. */
export interface Proof {
  /** Absent: anonymous, and the service decides. */
  readonly authentication?: Authentication
  /** Signed context for the one service. */
  readonly context?: string
  /** A session cookie came and is of no use any more: the client is told to forget it. */
  readonly isEnded: boolean
}

/** @param notBefore The context must have been checked at this place in the log or later. */
export type Prove = (audience: string, notBefore?: Position) => Proof | Promise<Proof>

const ANONYMOUS: Proof = { isEnded: false }
const ENDED: Proof = { isEnded: true }
/** Times a caller may turn stale while a context is being made, before the gateway gives up. */
const MAX_ATTEMPTS = 4
const PLAUSIBLE = /^[\w-]{1,128}$/

/** Base64url, no longer than any token of ours. What else a cookie may hold was never issued here. */
export function isPlausibleToken(cookie: string): boolean {
  return PLAUSIBLE.test(cookie)
}

/**
 * How a request proves who its caller is. On a warm cache the answer is synchronous and decided in this very step;
 * otherwise it is decided again after every wait.
 */
export function createProver(authenticator: Authenticator, cookie: string | undefined): Prove {
  if (cookie === undefined) return () => ANONYMOUS
  if (!isPlausibleToken(cookie)) return () => ENDED
  return (audience, notBefore) => {
    const authentication = authenticator.authenticate(cookie)
    if (authentication === undefined) return ENDED
    if (authentication instanceof Promise)
      return proveSlowly(authenticator, cookie, audience, notBefore)
    const context = authentication.contextFor(audience, notBefore)
    if (typeof context === 'string') return { authentication, context, isEnded: false }
    return proveSlowly(authenticator, cookie, audience, notBefore)
  }
}

async function proveSlowly(
  authenticator: Authenticator,
  cookie: string,
  audience: string,
  notBefore: Position | undefined,
): Promise<Proof> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const authentication = await authenticator.authenticate(cookie)
    if (authentication === undefined) return ENDED
    const context = await authentication.contextFor(audience, notBefore)
    if (authentication.isCurrent()) return { authentication, context, isEnded: false }
  }
  throw new GatewayError('ERR_UNVERIFIABLE')
}
