import { organizationIdSchema, sessionIdSchema, subjectIdSchema } from '@portcullis/context'
import { z } from 'zod'
import type { CommitChange } from '../claims/commit-change.ts'
import { fillClaims } from '../claims/fill-claims.ts'
import { loadClaims } from '../claims/load-claims.ts'
import { loadRules } from '../claims/load-rules.ts'
import type { Database } from '../database/database.ts'
import { listMemberIds } from '../members/list-member-ids.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { changePassword } from '../passwords/change-password.ts'
import { MAX_PASSWORD_LENGTH, type PasswordHasher } from '../passwords/password-hasher.ts'
import { confirmPassword, verifyPassword } from '../passwords/verify-password.ts'
import type { SecondFactor } from '../totp/second-factor.ts'
import { codeSchema } from './code-schema.ts'
import { emailSchema } from './email-schema.ts'
import { gatewayProcedure, router, workerProcedure } from './trpc.ts'

/** Rows one call publishes, and people one fills, at most. */
const MAX_ROWS_PUBLISHED = 500
const MAX_MEMBERS_A_PAGE = 500

const passwordSchema = z.string().min(1).max(MAX_PASSWORD_LENGTH)
const proofSchema = z.object({ password: passwordSchema, code: codeSchema.optional() })

/** What only other services of the installation may call. */
export function createInternalRouter(options: {
  database: Database
  passwords: PasswordHasher
  secondFactor: SecondFactor
  commit: CommitChange
  outbox: Outbox
}) {
  const { database, outbox } = options
  return router({
    /** A mutation, though it changes nothing: a query's input would stand in URLs and their logs. */
    verifyPassword: gatewayProcedure
      .input(proofSchema.extend({ email: emailSchema }))
      .mutation(({ input }) => verifyPassword(options, input)),
    confirmPassword: gatewayProcedure
      .input(proofSchema.extend({ subject: subjectIdSchema }))
      .mutation(({ input }) => confirmPassword(options, input)),
    changePassword: gatewayProcedure
      .input(
        proofSchema.extend({
          subject: subjectIdSchema,
          session: sessionIdSchema,
          newPassword: passwordSchema,
        }),
      )
      .mutation(({ input }) => changePassword(options, input)),
    claims: gatewayProcedure
      .input(z.object({ subject: subjectIdSchema, atLeast: z.int().nonnegative() }))
      .query(({ input }) => loadClaims(database, input)),
    rules: gatewayProcedure
      .input(z.object({ organization: organizationIdSchema, atLeast: z.int().nonnegative() }))
      .query(({ input }) => loadRules(database, input)),
    fillClaims: workerProcedure
      .input(z.object({ limit: z.int().positive().max(MAX_ROWS_PUBLISHED) }))
      .mutation(({ input }) => fillClaims(database, input)),
    listMembers: workerProcedure
      .input(
        z.object({
          organization: organizationIdSchema,
          after: subjectIdSchema.nullable(),
          limit: z.int().positive().max(MAX_MEMBERS_A_PAGE),
        }),
      )
      .query(({ input }) => listMemberIds(database, input)),
    publishOutbox: workerProcedure
      .input(z.object({ limit: z.int().positive().max(MAX_ROWS_PUBLISHED) }))
      .mutation(({ input }) => outbox.replay(input)),
  })
}
