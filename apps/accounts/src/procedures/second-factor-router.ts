import { z } from 'zod'
import type { Database } from '../database/database.ts'
import { findPerson } from '../people/find-person.ts'
import type { SecondFactor } from '../totp/second-factor.ts'
import { codeSchema } from './code-schema.ts'
import { personProcedure, recentProcedure, router, strongProcedure } from './trpc.ts'

/** What a person does with their own second factor. */
export function createSecondFactorRouter(options: {
  database: Database
  secondFactor: SecondFactor
}) {
  const { database, secondFactor } = options
  return router({
    status: personProcedure.query(({ ctx }) => secondFactor.status(ctx.principal.subject)),
    enroll: recentProcedure.mutation(async ({ ctx: { principal } }) => {
      const { email } = await findPerson(database, principal.subject)
      return secondFactor.enroll(principal.subject, email)
    }),
    confirm: recentProcedure
      .input(z.object({ code: codeSchema }))
      .mutation(({ ctx, input }) => secondFactor.confirm(ctx.principal.subject, input.code)),
    renewRecoveryCodes: strongProcedure.mutation(({ ctx }) =>
      secondFactor.renewRecoveryCodes(ctx.principal.subject),
    ),
    disable: strongProcedure.mutation(({ ctx }) => secondFactor.disable(ctx.principal.subject)),
  })
}
