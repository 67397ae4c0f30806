import type { OrganizationId, SubjectId } from '@portcullis/context'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { memberships } from '../database/schema.ts'

/** In the order of their ids, from behind `after`: whoever joins or leaves meanwhile moves nobody to another page. */
export async function listMemberIds(
  { statements }: Database,
  page: { organization: OrganizationId; after: SubjectId | null; limit: number },
): Promise<SubjectId[]> {
  const { organization, after, limit } = page
  const rows = await statements
    .select({ subject: memberships.subject })
    .from(memberships)
    .where(
      and(
        eq(memberships.organization, organization),
        after === null ? undefined : gt(memberships.subject, after),
      ),
    )
    .orderBy(asc(memberships.subject))
    .limit(limit)
  return rows.map(({ subject }) => subject)
}
