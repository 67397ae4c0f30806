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

export type Prove = (audience: string) => Proof | Promise<Proof>

const ANONYMOUS: Proof = { isEnded: false }
const ENDED: Proof = { isEnded: true }
/** Times a caller may turn stale while a context is being made, before the gateway gives up. */
const MAX_ATTEMPTS = 4
/** Base64url, longer than any token the gateway has issued. What else is in the cookie never was one of ours. */
const PLAUSIBLE = /^[\w-]{1,128}$/

/**
 * How a request proves who its caller is. On a warm cache the answer is synchronous and decided in this very step;
 * otherwise it is decided again after every wait.
 */
export function createProver(authenticator: Authenticator, cookie: string | undefined): Prove {
  if (cookie === undefined) return () => ANONYMOUS
  if (!PLAUSIBLE.test(cookie)) return () => ENDED
  return (audience) => {
    const authentication = authenticator.authenticate(cookie)
    if (authentication === undefined) return ENDED
    if (authentication instanceof Promise) return proveSlowly(authenticator, cookie, audience)
    const context = authentication.contextFor(audience)
    if (typeof context === 'string') return { authentication, context, isEnded: false }
    return proveSlowly(authenticator, cookie, audience)
  }
}

async function proveSlowly(
  authenticator: Authenticator,
  cookie: string,
  audience: string,
): Promise<Proof> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const authentication = await authenticator.authenticate(cookie)
    if (authentication === undefined) return ENDED
    const context = await authentication.contextFor(audience)
    if (authentication.isCurrent()) return { authentication, context, isEnded: false }
  }
  throw new GatewayError('ERR_UNVERIFIABLE')
}
