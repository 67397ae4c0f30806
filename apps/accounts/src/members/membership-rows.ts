import type { OrganizationId, SubjectId } from '@portcullis/context'
import type { OrganizationPermission } from 'claims'
import { and, count, eq } from 'drizzle-orm'
import type { Statements } from '../database/database.ts'
import { memberships, organizations, users } from '../database/schema.ts'
import { OWNER } from '../roles/role-rows.ts'

export interface MembershipKey {
  organization: OrganizationId
  subject: SubjectId
}

/**
 * One change of an organization's members and roles at a time: what a change checks stays true until it commits.
 *
 * @returns whether there is such an organization and it is not suspended.
 */
export async function lockOrganization(
  tx: Statements,
  organization: OrganizationId,
): Promise<boolean> {
  const [locked] = await tx
    .select({ suspendedAt: organizations.suspendedAt })
    .from(organizations)
    .where(eq(organizations.id, organization))
    .for('update')
  return locked?.suspendedAt === null
}

export interface Membership {
  role: string
  grants: OrganizationPermission[]
}

export async function findMembership(
  tx: Statements,
  key: MembershipKey,
): Promise<Membership | null> {
  const [row] = await tx
    .select({ role: memberships.role, grants: memberships.grants })
    .from(memberships)
    .where(matches(key))
  return row ?? null
}

export async function findSubjectByEmail(tx: Statements, email: string): Promise<SubjectId | null> {
  const [row] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email))
  return row?.id ?? null
}

export async function countOwners(tx: Statements, organization: OrganizationId): Promise<number> {
  const [row] = await tx
    .select({ owners: count() })
    .from(memberships)
    .where(and(eq(memberships.organization, organization), eq(memberships.role, OWNER)))
  return row?.owners ?? 0
}

export async function writeRole(tx: Statements, key: MembershipKey, role: string): Promise<void> {
  await tx
    .insert(memberships)
    .values({ ...key, role })
    .onConflictDoUpdate({
      target: [memberships.organization, memberships.subject],
      set: { role },
    })
}

export async function writeGrants(
  tx: Statements,
  key: MembershipKey,
  grants: OrganizationPermission[],
): Promise<void> {
  await tx.update(memberships).set({ grants }).where(matches(key))
}

export async function deleteMembership(tx: Statements, key: MembershipKey): Promise<void> {
  await tx.delete(memberships).where(matches(key))
}

function matches({ organization, subject }: MembershipKey) {
  return and(eq(memberships.organization, organization), eq(memberships.subject, subject))
}
