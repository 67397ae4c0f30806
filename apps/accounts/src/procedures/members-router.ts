import { subjectIdSchema } from '@portcullis/context'
import { z } from 'zod'
import type { Database } from '../database/database.ts'
import type { MemberChanges } from '../members/change-member.ts'
import { listMembers } from '../members/list-members.ts'
import { emailSchema } from './email-schema.ts'
import { managerOf } from './manager-of.ts'
import { permissionsSchema, roleNameSchema as role } from './role-schema.ts'
import { managerProcedure, router } from './trpc.ts'

const subject = subjectIdSchema

/** Members of the active organization, for those who manage them. */
export function createMembersRouter(options: { database: Database; members: MemberChanges }) {
  const { database, members } = options
  return router({
    list: managerProcedure.query(({ ctx }) => listMembers(database, ctx.principal.organization)),
    add: managerProcedure
      .input(z.object({ email: emailSchema, role }))
      .mutation(({ ctx, input }) => members.add(managerOf(ctx.principal), input)),
    setRole: managerProcedure
      .input(z.object({ subject, role }))
      .mutation(({ ctx, input }) => members.setRole(managerOf(ctx.principal), input)),
    setGrants: managerProcedure
      .input(z.object({ subject, permissions: permissionsSchema }))
      .mutation(({ ctx, input }) => members.setGrants(managerOf(ctx.principal), input)),
    remove: managerProcedure
      .input(z.object({ subject }))
      .mutation(({ ctx, input }) => members.remove(managerOf(ctx.principal), input)),
  })
}
