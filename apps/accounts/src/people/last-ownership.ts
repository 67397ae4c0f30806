import type { SubjectId } from '@portcullis/context'
import { and, eq } from 'drizzle-orm'
import type { Statements } from '../database/database.ts'
import { memberships } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'
import { countOwners, lockOrganization } from '../members/membership-rows.ts'
import { OWNER } from '../roles/role-rows.ts'

/**
 * Organizations are locked in the order of their ids, so that two of these cannot wait for each other.
 *
 * @throws {AccountsError} `ERR_LAST_OWNER` if an organization has no other owner.
 */
export async function assertNoLastOwnership(tx: Statements, subject: SubjectId): Promise<void> {
  const owned = await tx
    .select({ organization: memberships.organization })
    .from(memberships)
    .where(and(eq(memberships.subject, subject), eq(memberships.role, OWNER)))
    .orderBy(memberships.organization)
  for (const { organization } of owned) {
    await lockOrganization(tx, organization)
    if ((await countOwners(tx, organization)) < 2) throw new AccountsError('ERR_LAST_OWNER')
  }
}
