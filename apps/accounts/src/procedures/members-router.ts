import { subjectIdSchema } from '@portcullis/context'
import { z } from 'zod'
import type { Database } from '../database/database.ts'
import type { Manager, MemberChanges } from '../members/change-member.ts'
import { listMembers } from '../members/list-members.ts'
import { ROLES } from '../members/roles.ts'
import { emailSchema } from './email-schema.ts'
import { managerProcedure, router } from './trpc.ts'

const subject = subjectIdSchema
const role = z.enum(ROLES)

/** Members of the active organization, for those who manage them. */
export function createMembersRouter(options: { database: Database; members: MemberChanges }) {
  const { database, members } = options
  return router({
    list: managerProcedure.query(({ ctx }) => listMembers(database, ctx.principal.organization)),
    add: managerProcedure
      .input(z.object({ email: emailSchema, role }))
      .mutation(({ ctx, input }) => members.add(toManager(ctx.principal), input)),
    setRole: managerProcedure
      .input(z.object({ subject, role }))
      .mutation(({ ctx, input }) => members.setRole(toManager(ctx.principal), input)),
    remove: managerProcedure
      .input(z.object({ subject }))
      .mutation(({ ctx, input }) => members.remove(toManager(ctx.principal), input)),
  })
}

function toManager(principal: Omit<Manager, 'actor'> & { subject: Manager['actor'] }): Manager {
  return { organization: principal.organization, actor: principal.subject }
}
