import { type LogEvent, WorkEnded } from '@portcullis/revocation'
import type { Authentication } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'

/** The event for which work was told to stop; undefined if the history changed. */
export function eventBehind(reason: unknown): LogEvent | undefined {
  return reason instanceof WorkEnded ? reason.event : undefined
}

/** Whether the session has ended for certain, whatever else is known of it. */
export function endsSession(reason: unknown): boolean {
  const kind = eventBehind(reason)?.kind
  return (kind === 'session.revoked' && !isRenewal(reason)) || kind === 'subject.revoked'
}

/** Whether the session goes on under another secret, which its holder has been given. */
export function isRenewal(reason: unknown): boolean {
  const event = eventBehind(reason)
  return event?.kind === 'session.revoked' && event.cause === 'renewed'
}

/** Events that leave the session as it is; the client finds out what it may do now when it comes back. */
const OUTDATING: ReadonlySet<LogEvent['kind']> = new Set([
  'claims.changed',
  'organization.changed',
  'session.changed',
])

// Made once: thousands of streams may end in one step.
const REVOKED = new GatewayError('ERR_SESSION_REVOKED')
const OUTDATED = new GatewayError('ERR_STREAM_OUTDATED')

/**
 * With which error a stream ends: `ERR_SESSION_REVOKED` is final, the others make a client come back.
 *
 * @param reauthenticate Asked only if the event leaves it open whether the session lives.
 */
export async function verdictOn(
  reason: unknown,
  reauthenticate: () => Promise<Authentication | undefined>,
): Promise<GatewayError> {
  if (endsSession(reason)) return REVOKED
  const kind = eventBehind(reason)?.kind
  if (isRenewal(reason) || (kind !== undefined && OUTDATING.has(kind))) {
    return OUTDATED
  }
  try {
    const lives = (await reauthenticate()) !== undefined
    return lives ? OUTDATED : REVOKED
  } catch (cause) {
    return new GatewayError('ERR_UNVERIFIABLE', { cause })
  }
}
