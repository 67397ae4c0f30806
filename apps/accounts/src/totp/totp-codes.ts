import { verifySync } from 'otplib'

const TOTP_CODE = /^\d{6}$/
/** RFC 6238 section 5.2: a code may be one step old when it arrives, and be of a clock that is ahead by one. */
const TOLERANCE_SECONDS = 30

/**
 * The time step that a code belongs to; null for a code of no step around now.
 *
 * @param nowMs Wall clock.
 */
export function stepOf(secret: string, code: string, nowMs: number): number | null {
  if (!TOTP_CODE.test(code)) return null
  const result = verifySync({
    secret,
    token: code,
    epoch: Math.floor(nowMs / 1_000),
    epochTolerance: TOLERANCE_SECONDS,
  })
  return result.valid && 'timeStep' in result ? result.timeStep : null
}
