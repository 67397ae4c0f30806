import type { OrganizationId, SubjectId } from '@portcullis/context'
import { BUILT_IN_ROLES, type OrganizationPermission } from 'claims'
import { and, asc, count, eq } from 'drizzle-orm'
import type { Statements } from '../database/database.ts'
import { memberships, roles } from '../database/schema.ts'

/** The role that permits everything and does not change. */
export const OWNER = 'owner'

export interface RoleKey {
  organization: OrganizationId
  name: string
}

export interface Role {
  name: string
  permissions: OrganizationPermission[]
}

/** Null if there is no such role. */
export async function findPermissions(
  tx: Statements,
  key: RoleKey,
): Promise<OrganizationPermission[] | null> {
  const [row] = await tx.select({ permissions: roles.permissions }).from(roles).where(matches(key))
  return row?.permissions ?? null
}

export function readRoles(statements: Statements, organization: OrganizationId): Promise<Role[]> {
  return statements
    .select({ name: roles.name, permissions: roles.permissions })
    .from(roles)
    .where(eq(roles.organization, organization))
    .orderBy(asc(roles.name))
}

export async function countRoles(tx: Statements, organization: OrganizationId): Promise<number> {
  const [row] = await tx
    .select({ defined: count() })
    .from(roles)
    .where(eq(roles.organization, organization))
  return row?.defined ?? 0
}

export async function isRoleHeld(tx: Statements, { organization, name }: RoleKey) {
  const [member] = await tx
    .select({ subject: memberships.subject })
    .from(memberships)
    .where(and(eq(memberships.organization, organization), eq(memberships.role, name)))
    .limit(1)
  return member !== undefined
}

export async function writeRoleDefinition(
  tx: Statements,
  { organization, name, permissions }: RoleKey & Role,
): Promise<void> {
  await tx
    .insert(roles)
    .values({ organization, name, permissions })
    .onConflictDoUpdate({ target: [roles.organization, roles.name], set: { permissions } })
}

export async function deleteRole(tx: Statements, key: RoleKey): Promise<void> {
  await tx.delete(roles).where(matches(key))
}

/** The roles that an organization begins with; those that are there stay as they are. */
export async function writeBuiltInRoles(tx: Statements, organization: OrganizationId) {
  const rows = Object.entries(BUILT_IN_ROLES).map(([name, permissions]) => {
    return { organization, name, permissions: [...permissions] }
  })
  await tx.insert(roles).values(rows).onConflictDoNothing()
}

/** What a member may do in an organization by role and grants; null for somebody who is no member. */
export async function findMemberRights(
  tx: Statements,
  { organization, subject }: { organization: OrganizationId; subject: SubjectId },
): Promise<{ role: string; permissions: ReadonlySet<string> } | null> {
  const [row] = await tx
    .select({ role: memberships.role, grants: memberships.grants, permits: roles.permissions })
    .from(memberships)
    .innerJoin(
      roles,
      and(eq(roles.organization, memberships.organization), eq(roles.name, memberships.role)),
    )
    .where(and(eq(memberships.organization, organization), eq(memberships.subject, subject)))
  return row ? { role: row.role, permissions: new Set([...row.permits, ...row.grants]) } : null
}

function matches({ organization, name }: RoleKey) {
  return and(eq(roles.organization, organization), eq(roles.name, name))
}
