import type { OrganizationId } from '@portcullis/context'
import type { OrganizationPermission } from 'claims'
import { eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { organizations, roles } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'

/** What holds for all members of an organization at once. */
export interface Rules {
  version: number
  /** Permissions by role. */
  roles: Record<string, OrganizationPermission[]>
  suspended: boolean
}

/**
 * Read in one statement, so that the version belongs to exactly these roles.
 *
 * @param input.atLeast The lowest version the caller may still believe.
 * @returns null for an unknown organization.
 * @throws {AccountsError} `ERR_CLAIMS_BEHIND` as `loadClaims` does.
 */
export async function loadRules(
  database: Database,
  input: { organization: OrganizationId; atLeast: number },
): Promise<Rules | null> {
  const rows = await database.statements
    .select({
      version: organizations.rulesVersion,
      suspendedAt: organizations.suspendedAt,
      name: roles.name,
      permissions: roles.permissions,
    })
    .from(organizations)
    .leftJoin(roles, eq(roles.organization, organizations.id))
    .where(eq(organizations.id, input.organization))
  const [first] = rows
  if (!first) return null
  if (first.version < input.atLeast) throw new AccountsError('ERR_CLAIMS_BEHIND')
  const defined = rows.flatMap(({ name, permissions }) => (name ? [[name, permissions ?? []]] : []))
  return {
    version: first.version,
    roles: Object.fromEntries(defined),
    suspended: first.suspendedAt !== null,
  }
}
