import type { OrganizationId, SubjectId } from '@portcullis/context'
import { eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { memberships, users } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'
import {
  type InstallationRole,
  type Permission,
  permissionsOf,
  type Role,
} from '../members/roles.ts'

export interface Claims {
  version: number
  /** Roles of the installation, with the prefix `system:`. */
  roles: InstallationRole[]
  /** What those roles permit. */
  permissions: Permission[]
  memberships: Record<OrganizationId, { roles: Role[]; permissions: Permission[] }>
  custom: Record<string, unknown>
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
      organization: memberships.organization,
      role: memberships.role,
    })
    .from(users)
    .leftJoin(memberships, eq(memberships.subject, users.id))
    .where(eq(users.id, input.subject))
    .orderBy(memberships.organization)
  const [first] = rows
  if (!first) return null
  if (first.version < input.atLeast) throw new AccountsError('ERR_CLAIMS_BEHIND')
  return {
    version: first.version,
    roles: first.installationRoles,
    permissions: [...new Set(first.installationRoles.flatMap(permissionsOf))],
    memberships: toMemberships(rows),
    custom: {},
  }
}

function toMemberships(rows: MembershipColumns[]): Claims['memberships'] {
  const byOrganization: Claims['memberships'] = {}
  for (const { organization, role } of rows) {
    if (!organization || !role) continue
    byOrganization[organization] = { roles: [role], permissions: [...permissionsOf(role)] }
  }
  return byOrganization
}

/** Null for a subject without a membership. */
interface MembershipColumns {
  organization: OrganizationId | null
  role: Role | null
}
