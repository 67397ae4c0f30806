import type { OrganizationId, SubjectId } from '@portcullis/context'
import type { OrganizationPermission } from 'claims'
import { asc, eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { memberships, users } from '../database/schema.ts'

/** Members read in one answer at most. */
const MEMBERS_LISTED = 1_000

export interface Member {
  subject: SubjectId
  email: string
  name: string
  role: string
  /** What they may do beside what the role permits. */
  grants: OrganizationPermission[]
  /** ISO 8601. */
  joinedAt: string
}

export async function listMembers(
  { statements }: Database,
  organization: OrganizationId,
): Promise<Member[]> {
  const rows = await statements
    .select({
      subject: users.id,
      email: users.email,
      name: users.name,
      role: memberships.role,
      grants: memberships.grants,
      joinedAt: memberships.joinedAt,
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.subject))
    .where(eq(memberships.organization, organization))
    .orderBy(asc(memberships.joinedAt), asc(users.id))
    .limit(MEMBERS_LISTED)
  return rows.map((row) => ({ ...row, joinedAt: row.joinedAt.toISOString() }))
}
