import { ASSURANCE_LEVELS, type AssuranceLevel } from '@portcullis/context'
import { DEFAULT_PROFILES, type SessionProfile, type SessionProfiles } from '@portcullis/sessions'
import { z } from 'zod'

export interface SessionOptions {
  /**
   * Whose timeouts a session has that begins with `session.signIn`, unless the verifier says otherwise. Default `aal2`:
   * 24 hours, or one hour without a request.
   */
  readonly sessionProfile?: AssuranceLevel
  /** Timeouts other than those of NIST SP 800-63B-4, by profile. The same wherever sessions are loaded or started. */
  readonly sessionProfiles?: Partial<Record<AssuranceLevel, SessionProfile>>
  /** Sessions of one person, 1 to 100; a further one ends the oldest. Default 20. */
  readonly maxSessionsPerSubject?: number
}

/** The longest a cookie may live, RFC 6265bis section 5.5. */
const LONGEST_SECONDS = 400 * 86_400

const profileSchema = z
  .strictObject({
    absoluteSeconds: z.int().min(1).max(LONGEST_SECONDS),
    idleSeconds: z.int().nonnegative(),
  })
  .refine(({ absoluteSeconds, idleSeconds }) => idleSeconds <= absoluteSeconds, {
    error: 'idleSeconds is longer than absoluteSeconds',
  })

/** What each of the options has to be. */
export const sessionOptionSchemas = {
  sessionProfile: z.enum(ASSURANCE_LEVELS),
  sessionProfiles: z.strictObject({
    aal1: z.exactOptional(profileSchema),
    aal2: z.exactOptional(profileSchema),
    aal3: z.exactOptional(profileSchema),
  }),
  maxSessionsPerSubject: z.int().min(1).max(100),
}

/** The timeouts of every profile, with those of the standard where there are no others. */
export function profilesOf(own: Partial<SessionProfiles> = {}): SessionProfiles {
  return { ...DEFAULT_PROFILES, ...own }
}
