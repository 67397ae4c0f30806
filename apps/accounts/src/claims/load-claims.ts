import type { OrganizationId, SubjectId } from '@portcullis/context'
import {
  claims as declared,
  INSTALLATION_ROLES,
  type InstallationRole,
  type OrganizationPermission,
} from 'claims'
import { eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { memberships, users } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'

export interface Claims {
  version: number
  /** Roles of the installation, with the prefix `system:`. */
  roles: InstallationRole[]
  /** What those roles permit. */
  permissions: string[]
  /** What the roles in them permit is said by the rules of the organization; here are the grants beside it. */
  memberships: Record<OrganizationId, { roles: string[]; permissions: OrganizationPermission[] }>
  custom: Record<string, unknown>
  /** Version of the declared claims that `custom` was read by. */
  definition: number
  suspended: boolean
}

/**
 * What a subject may do, read in one statement so that the version belongs to exactly these memberships.
 *
 * @param input.atLeast The lowest version the caller may still believe.
 * @returns null for an unknown subject.
 * @throws {AccountsError} `ERR_CLAIMS_BEHIND` when the database has lost a version that was published: it was restored
 * from a backup, and what it says may have been taken back since.
 */
export async function loadClaims(
  database: Database,
  input: { subject: SubjectId; atLeast: number },
): Promise<Claims | null> {
  const rows = await database.statements
    .select({
      version: users.claimsVersion,
      installationRoles: users.installationRoles,
      custom: users.custom,
      suspendedAt: users.suspendedAt,
      organization: memberships.organization,
      role: memberships.role,
      grants: memberships.grants,
    })
    .from(users)
    .leftJoin(memberships, eq(memberships.subject, users.id))
    .where(eq(users.id, input.subject))
    .orderBy(memberships.organization)
  const [first] = rows
  if (!first) return null
  const { version, installationRoles, custom, suspendedAt } = first
  if (version < input.atLeast) throw new AccountsError('ERR_CLAIMS_BEHIND')
  return {
    version,
    roles: installationRoles,
    permissions: [...new Set(installationRoles.flatMap((role) => INSTALLATION_ROLES[role]))],
    memberships: toMemberships(rows),
    custom: declared.parse(custom),
    definition: declared.version,
    suspended: suspendedAt !== null,
  }
}

function toMemberships(rows: MembershipColumns[]): Claims['memberships'] {
  const byOrganization: Claims['memberships'] = {}
  for (const { organization, role, grants } of rows) {
    if (!organization || !role) continue
    byOrganization[organization] = { roles: [role], permissions: grants ?? [] }
  }
  return byOrganization
}

/** Null for a subject without a membership. */
interface MembershipColumns {
  organization: OrganizationId | null
  role: string | null
  grants: OrganizationPermission[] | null
}
