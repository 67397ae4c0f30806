import type { AssuranceLevel } from '@portcullis/context'

/** How long a session lives. NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3. */
export interface SessionProfile {
  /** From sign-in to the end, whatever happens in between, in seconds. */
  readonly absoluteSeconds: number
  /** From the last request to the end, in seconds; 0 for no such end. */
  readonly idleSeconds: number
}

export type SessionProfiles = Readonly<Record<AssuranceLevel, SessionProfile>>

const HOUR = 3_600
const DAY = 24 * HOUR

export const DEFAULT_PROFILES: SessionProfiles = {
  aal1: { absoluteSeconds: 30 * DAY, idleSeconds: 0 },
  aal2: { absoluteSeconds: DAY, idleSeconds: HOUR },
  aal3: { absoluteSeconds: 12 * HOUR, idleSeconds: 15 * 60 },
}

/** The longest a cookie may live, RFC 6265bis section 5.5. */
const LONGEST_SECONDS = 400 * DAY

/** @throws {TypeError} naming the profile and option that is not a number of seconds in range. */
export function assertProfiles(profiles: SessionProfiles): void {
  for (const [level, { absoluteSeconds, idleSeconds }] of Object.entries(profiles)) {
    assertSeconds(`${level}.absoluteSeconds`, absoluteSeconds, 1, LONGEST_SECONDS)
    assertSeconds(`${level}.idleSeconds`, idleSeconds, 0, absoluteSeconds)
  }
}

function assertSeconds(name: string, value: number, least: number, most: number) {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new TypeError(`${name} must be a whole number from ${least} to ${most}`)
}
