import type { GatewayError } from '../errors.ts'

/** RFC 6455 section 7.4.2 leaves 4000 and up to applications; 1012 and 1013 are IANA's. */
const SESSION_ENDED = 4401
/** Come back at once. */
export const RESTARTING = 1012
/** What was sent cannot be taken. */
export const UNACCEPTABLE = 1008
const TRY_LATER = 1013

export function closeCodeOf({ code }: GatewayError): number {
  if (code === 'ERR_SESSION_REVOKED') return SESSION_ENDED
  return code === 'ERR_STREAM_OUTDATED' ? RESTARTING : TRY_LATER
}
