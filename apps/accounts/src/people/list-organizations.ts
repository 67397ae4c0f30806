import type { OrganizationId, SubjectId } from '@portcullis/context'
import { asc, eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { memberships, organizations } from '../database/schema.ts'

export interface OwnOrganization {
  id: OrganizationId
  name: string
  /** The person's role in it. */
  role: string
}

/** In the order of joining. */
export function listOrganizations(
  { statements }: Database,
  subject: SubjectId,
): Promise<OwnOrganization[]> {
  return statements
    .select({ id: organizations.id, name: organizations.name, role: memberships.role })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.organization))
    .where(eq(memberships.subject, subject))
    .orderBy(asc(memberships.joinedAt), asc(organizations.id))
}
