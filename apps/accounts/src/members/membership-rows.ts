import type { OrganizationId, SubjectId } from '@portcullis/context'
import { and, count, eq } from 'drizzle-orm'
import type { Statements } from '../database/database.ts'
import { memberships, organizations, users } from '../database/schema.ts'
import type { Role } from './roles.ts'

export interface MembershipKey {
  organization: OrganizationId
  subject: SubjectId
}

/** One change of an organization's members at a time: what a change checks stays true until it commits. */
export async function lockOrganization(
  tx: Statements,
  organization: OrganizationId,
): Promise<void> {
  await tx
    .select({ id: organizations.id })
    .from(organizations)
    .where(eq(organizations.id, organization))
    .for('update')
}

export async function findRole(tx: Statements, key: MembershipKey): Promise<Role | null> {
  const [row] = await tx.select({ role: memberships.role }).from(memberships).where(matches(key))
  return row?.role ?? null
}

export async function findSubjectByEmail(tx: Statements, email: string): Promise<SubjectId | null> {
  const [row] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email))
  return row?.id ?? null
}

export async function countOwners(tx: Statements, organization: OrganizationId): Promise<number> {
  const [row] = await tx
    .select({ owners: count() })
    .from(memberships)
    .where(and(eq(memberships.organization, organization), eq(memberships.role, 'owner')))
  return row?.owners ?? 0
}

/** Sets the role, or ends the membership if it is null. */
export async function writeRole(
  tx: Statements,
  key: MembershipKey,
  role: Role | null,
): Promise<void> {
  if (role === null) {
    await tx.delete(memberships).where(matches(key))
    return
  }
  await tx
    .insert(memberships)
    .values({ ...key, role })
    .onConflictDoUpdate({
      target: [memberships.organization, memberships.subject],
      set: { role },
    })
}

function matches({ organization, subject }: MembershipKey) {
  return and(eq(memberships.organization, organization), eq(memberships.subject, subject))
}
