import { ContextError, type Position } from '@portcullis/context'
import type { Authentication, Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'

/** What the gateway knows of a caller at the moment at which it sends a request on. */
export interface Proof {
  /** Absent: anonymous, and the service decides. */
  readonly authentication?: Authentication
  /** Signed context for the one service. */
  readonly context?: string
  /** Whether the session was found in memory; absent without a session cookie that could be one. */
  readonly isFromMemory?: boolean
  /** A session cookie came and is of no use any more: the client is told to forget it. */
  readonly isEnded: boolean
}

/** @param notBefore The context must have been checked at this place in the log or later. */
export type Prove = (audience: string, notBefore?: Position) => Proof | Promise<Proof>

const ANONYMOUS: Proof = { isEnded: false }
const ENDED: Proof = { isEnded: true }
const ENDED_ELSEWHERE: Proof = { isEnded: true, isFromMemory: false }
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
 *
 * @param minLifetimeMs How long the context has to live at least; without it, as long as a request needs.
 */
export function createProver(
  authenticator: Authenticator,
  cookie: string | undefined,
  minLifetimeMs = 0,
): Prove {
  if (cookie === undefined) return () => ANONYMOUS
  if (!isPlausibleToken(cookie)) return () => ENDED
  return (audience, notBefore) => {
    const authentication = authenticator.authenticate(cookie)
    if (authentication === undefined) return ENDED
    const attempt = { authenticator, cookie, audience, notBefore, minLifetimeMs }
    if (authentication instanceof Promise) return proveSlowly(attempt, authentication)
    const context = authentication.contextFor(audience, notBefore, minLifetimeMs)
    if (typeof context === 'string') {
      return { authentication, context, isFromMemory: true, isEnded: false }
    }
    return proveSlowly(attempt, authentication, context)
  }
}

interface Attempt {
  readonly authenticator: Authenticator
  readonly cookie: string
  readonly audience: string
  readonly notBefore: Position | undefined
  readonly minLifetimeMs: number
}

/** Goes on with what is under way. Each wait may outlast what it waited for, so the last step is to look again. */
async function proveSlowly(
  { authenticator, cookie, audience, notBefore, minLifetimeMs }: Attempt,
  authenticating: Authentication | Promise<Authentication | undefined>,
  minting?: Promise<string>,
): Promise<Proof> {
  const isFromMemory = !(authenticating instanceof Promise)
  let authentication = await authenticating
  let context = minting
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (authentication === undefined) return ENDED_ELSEWHERE
    const signed = await orEnded(
      context ?? authentication.contextFor(audience, notBefore, minLifetimeMs),
    )
    if (signed === undefined) return ENDED_ELSEWHERE
    if (authentication.isCurrent()) {
      return { authentication, context: signed, isFromMemory, isEnded: false }
    }
    authentication = await authenticator.authenticate(cookie)
    context = undefined
  }
  throw new GatewayError('ERR_UNVERIFIABLE')
}

/** Undefined if the session's last moment has passed: nobody vouches for it any more. */
async function orEnded(minting: string | Promise<string>): Promise<string | undefined> {
  try {
    return await minting
  } catch (cause) {
    const code = cause instanceof ContextError ? cause.code : undefined
    if (code === 'ERR_CONTEXT_EXPIRED') return undefined
    if (code === 'ERR_CONTEXT_TOO_LARGE') throw new GatewayError(code, { cause })
    throw cause
  }
}
