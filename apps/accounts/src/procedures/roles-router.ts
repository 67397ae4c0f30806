import { z } from 'zod'
import type { Database } from '../database/database.ts'
import type { RoleChanges } from '../roles/change-role.ts'
import { readRoles } from '../roles/role-rows.ts'
import { managerOf } from './manager-of.ts'
import { permissionsSchema, roleNameSchema } from './role-schema.ts'
import { managerProcedure, roleManagerProcedure, router } from './trpc.ts'

/** Roles of the active organization. */
export function createRolesRouter(options: { database: Database; roles: RoleChanges }) {
  const { database, roles } = options
  return router({
    list: managerProcedure.query(({ ctx }) =>
      readRoles(database.statements, ctx.principal.organization),
    ),
    define: roleManagerProcedure
      .input(z.object({ name: roleNameSchema, permissions: permissionsSchema }))
      .mutation(({ ctx, input }) => roles.define(managerOf(ctx.principal), input)),
    remove: roleManagerProcedure
      .input(z.object({ name: roleNameSchema }))
      .mutation(({ ctx, input }) => roles.remove(managerOf(ctx.principal), input)),
  })
}
