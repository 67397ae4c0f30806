import type { Authentication } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import { endsSession, eventBehind, isRenewal } from '../forward/stream-verdict.ts'
import type { Caller } from './caller.ts'

/** What a session's holder is told at once. Carries no value: whoever hears it asks again. */
export type SessionEvent =
  | { readonly type: 'session.ended' }
  | { readonly type: 'claims.changed' }
  | { readonly type: 'organization.changed' }

interface Listening extends Pick<Caller, 'reauthenticate' | 'signal'> {
  readonly authentication: Authentication
}

/**
 * What is said of a session from now on, until it ends. What was said before is in what the subscriber sees at present:
 * after a connection that was cut, ask anew.
 *
 * @throws {GatewayError} `ERR_SESSION_REVOKED` after `session.ended`; `ERR_STREAM_OUTDATED` when it has another secret;
 *   `ERR_UNVERIFIABLE` when nobody can tell.
 */
export async function* sessionEvents(listening: Listening): AsyncGenerator<SessionEvent, void> {
  const { signal } = listening
  let { authentication } = listening
  while (!signal.aborted) {
    const reason = await changeOf(authentication, signal)
    if (signal.aborted) return
    if (isRenewal(reason)) throw new GatewayError('ERR_STREAM_OUTDATED')
    const next = endsSession(reason) ? undefined : await listening.reauthenticate()
    if (next === undefined) {
      yield { type: 'session.ended' }
      throw new GatewayError('ERR_SESSION_REVOKED')
    }
    yield* changesBetween(authentication, next, reason)
    authentication = next
  }
}

/** Longest time that a timer takes, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Resolves with why it is not current any more; with nothing when its time is over or the client has left. */
async function changeOf(authentication: Authentication, gone: AbortSignal): Promise<unknown> {
  using work = authentication.watch()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const end = () => resolve(undefined)
  const change = () => resolve(work.signal.reason)
  const timer = setTimeout(end, Math.min(authentication.remainingMs(), LONGEST_TIMER_MS))
  work.signal.addEventListener('abort', change, { once: true })
  gone.addEventListener('abort', end, { once: true })
  if (work.signal.aborted) change()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    gone.removeEventListener('abort', end)
  }
}

function* changesBetween(
  { session, principal }: Authentication,
  next: Authentication,
  reason: unknown,
): Generator<SessionEvent> {
  const kind = eventBehind(reason)?.kind
  const hasMoved = next.session.organization !== session.organization
  const hasClaims = next.principal.claimsVersion !== principal.claimsVersion
  if (hasMoved || kind === 'session.changed') yield { type: 'organization.changed' }
  const hasRules = kind === 'organization.changed'
  if (hasClaims || hasRules || kind === 'claims.changed') yield { type: 'claims.changed' }
}
