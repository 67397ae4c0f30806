import type { OrganizationId, SubjectId } from '@portcullis/context'
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { CommitChange } from '../claims/commit-change.ts'
import { readRulesVersion, recordOrganizationChange } from '../claims/record-change.ts'
import { organizations } from '../database/schema.ts'
import type { OrganizationChange } from '../roles/change-role.ts'

export interface OrganizationChanges {
  /** From then on nobody is active in it. Repeating changes nothing. `ERR_ORGANIZATION_UNKNOWN`. */
  suspend(organization: OrganizationId, actor?: SubjectId): Promise<OrganizationChange>
  /** Members go on in the sessions that they have. `ERR_ORGANIZATION_UNKNOWN`. */
  restore(organization: OrganizationId, actor?: SubjectId): Promise<OrganizationChange>
}

export function createOrganizationChanges(commit: CommitChange): OrganizationChanges {
  const setSuspended = (organization: OrganizationId, isSuspended: boolean, actor?: SubjectId) =>
    commit(async (tx) => {
      const { suspendedAt } = organizations
      const changed = await tx
        .update(organizations)
        .set({ suspendedAt: isSuspended ? sql`now()` : null })
        .where(
          and(
            eq(organizations.id, organization),
            isSuspended ? isNull(suspendedAt) : isNotNull(suspendedAt),
          ),
        )
        .returning({ id: organizations.id })
      if (changed.length === 0) return readRulesVersion(tx, organization)
      const cause = isSuspended ? 'organization.suspended' : 'organization.restored'
      return recordOrganizationChange(tx, { organization, cause, actor })
    })

  return {
    suspend: (organization, actor) => setSuspended(organization, true, actor),
    restore: (organization, actor) => setSuspended(organization, false, actor),
  }
}
