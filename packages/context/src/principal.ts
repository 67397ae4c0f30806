import { z } from 'zod'
import { organizationIdSchema, sessionIdSchema, subjectIdSchema } from './ids.ts'

/** Authentication method references: RFC 8176 section 2, and `fed` for a federated sign-in. The order is the bit in a session record: append only. */
export const AUTHENTICATION_METHODS = [
  'pwd',
  'otp',
  'hwk',
  'swk',
  'fpt',
  'face',
  'sms',
  'tel',
  'pin',
  'mca',
  'mfa',
  'pop',
  'kba',
  'user',
  'rba',
  'fed',
] as const
export type AuthenticationMethod = (typeof AUTHENTICATION_METHODS)[number]

/** Authentication assurance levels, NIST SP 800-63B-4. */
export const ASSURANCE_LEVELS = ['aal1', 'aal2', 'aal3'] as const
export type AssuranceLevel = (typeof ASSURANCE_LEVELS)[number]

/** Whether a level is at least another. */
export function isAssured(level: AssuranceLevel, atLeast: AssuranceLevel): boolean {
  return ASSURANCE_LEVELS.indexOf(level) >= ASSURANCE_LEVELS.indexOf(atLeast)
}

/** Claims of a team's own, JSON values by name. */
export type CustomClaims = Readonly<Record<string, unknown>>

const nameSchema = z.string().min(1).max(64)
const namesSchema = z.array(nameSchema).max(256).readonly()

export const principalSchema = z.object({
  subject: subjectIdSchema,
  session: sessionIdSchema,
  /** The active organization, or null if none is chosen or the membership has ended. */
  organization: organizationIdSchema.nullable(),
  /** Roles in the active organization, and roles of the installation, which carry the prefix `system:`. */
  roles: namesSchema,
  permissions: namesSchema,
  /** Version of the claims this was made from; rises with every change of the subject's claims. */
  claimsVersion: z.int().nonnegative(),
  /** When the person last proved who they are, in seconds since 1970. */
  authenticatedAt: z.int().nonnegative(),
  methods: z.array(z.enum(AUTHENTICATION_METHODS)).max(AUTHENTICATION_METHODS.length).readonly(),
  assurance: z.enum(ASSURANCE_LEVELS),
  custom: z.record(z.string(), z.unknown()),
})

/** What a service may know of the person behind a request. Holds no personal value. */
export interface Principal<Custom extends CustomClaims = CustomClaims>
  extends Omit<z.infer<typeof principalSchema>, 'custom'> {
  readonly custom: Custom
}
