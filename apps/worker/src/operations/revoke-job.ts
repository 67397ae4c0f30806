import { organizationIdSchema, subjectIdSchema } from '@portcullis/context'
import { defineJob } from '@portcullis/jobs'
import { selectorSchema } from '@portcullis/revocation'
import { z } from 'zod'

/** Selectors in one job at most. */
const MAX_SELECTORS = 5_000

/** Names the revocation; each step of it is named after it, so it is short enough for that. */
export const revocationIdSchema = z
  .string()
  .regex(/^(?!\d+$)[A-Za-z0-9._-]{1,40}$/, 'expected 1 to 40 letters, digits and . _ -, no number')

export const reasonSchema = z
  .string()
  .regex(/^[\w.:-]{1,64}$/, 'expected 1 to 64 letters, digits and _ . : -')

/** Whose sessions: a list, or everybody who is a member of an organization when the job comes to them. */
export const targetSchema = z.union([
  z.strictObject({ selectors: z.array(selectorSchema).min(1).max(MAX_SELECTORS) }),
  z.strictObject({ membersOf: organizationIdSchema }),
])
export type RevocationTarget = z.output<typeof targetSchema>

/** Ends many sessions, at once or at a moment to come. Steps are idempotent, so that it can run twice and go on anywhere. */
export const sessionsRevoke = defineJob({
  name: 'sessions.revoke',
  data: z.strictObject({
    id: revocationIdSchema,
    target: targetSchema,
    reason: reasonSchema,
    /** Who asked for it. */
    by: subjectIdSchema,
  }),
  // An hour in which no gateway answers.
  attempts: 12,
  backoff: { type: 'exponential', delayMs: 1_000 },
  timeoutMs: 3_600_000,
})

export type RevocationData = z.output<typeof sessionsRevoke.data>
