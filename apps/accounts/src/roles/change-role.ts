import type { OrganizationPermission } from 'claims'
import type { CommitChange, Committed } from '../claims/commit-change.ts'
import {
  type OrganizationChangeCause,
  readRulesVersion,
  recordOrganizationChange,
  type Versioned,
} from '../claims/record-change.ts'
import type { Statements } from '../database/database.ts'
import { AccountsError } from '../errors.ts'
import { assertMayHandOut, enterAs, type Manager, type Rights } from '../members/manager.ts'
import {
  countRoles,
  deleteRole,
  findPermissions,
  isRoleHeld,
  OWNER,
  type Role,
  writeRoleDefinition,
} from './role-rows.ts'

/** Roles of one organization at most. */
export const MAX_ROLES = 100

/** A change of what holds for all members of an organization. */
export type OrganizationChange = Committed<Versioned>

export interface RoleChanges {
  /**
   * Defines a role, or what an existing one permits: for all who have it, by one event.
   * `ERR_ROLE_FIXED` for `owner`, `ERR_ROLES_FULL`, `ERR_NOT_ALLOWED`.
   */
  define(manager: Manager, role: Role): Promise<OrganizationChange>
  /** `ERR_ROLE_UNKNOWN`, `ERR_ROLE_HELD` while a member has it, `ERR_ROLE_FIXED`, `ERR_NOT_ALLOWED`. */
  remove(manager: Manager, role: { name: string }): Promise<OrganizationChange>
}

/** The ways to change what the roles of an organization permit. */
export function createRoleChanges(commit: CommitChange): RoleChanges {
  const change = (manager: Manager, name: string, decide: Decide) =>
    commit(async (tx) => {
      const { organization, actor } = manager
      const rights = await enterAs(tx, manager, 'roles:manage')
      if (name === OWNER) throw new AccountsError('ERR_ROLE_FIXED')
      const current = await findPermissions(tx, { organization, name })
      const cause = await decide(tx, rights, current)
      return cause
        ? recordOrganizationChange(tx, { organization, cause, actor })
        : readRulesVersion(tx, organization)
    })

  return {
    define: (manager, { name, permissions }) =>
      change(manager, name, async (tx, rights, current) => {
        const { organization } = manager
        const next = [...new Set(permissions)].sort()
        // What is taken away counts like what is given: both are for those who have it to decide.
        assertMayHandOut(rights, { permissions: [...next, ...(current ?? [])] })
        if (current?.toSorted().join() === next.join()) return null
        if (!current && (await countRoles(tx, organization)) >= MAX_ROLES) {
          throw new AccountsError('ERR_ROLES_FULL')
        }
        await writeRoleDefinition(tx, { organization, name, permissions: next })
        return 'role.edited'
      }),

    remove: (manager, { name }) =>
      change(manager, name, async (tx, rights, current) => {
        const { organization } = manager
        if (!current) throw new AccountsError('ERR_ROLE_UNKNOWN')
        assertMayHandOut(rights, { permissions: current })
        if (await isRoleHeld(tx, { organization, name })) throw new AccountsError('ERR_ROLE_HELD')
        await deleteRole(tx, { organization, name })
        return 'role.removed'
      }),
  }
}

/** @returns null if nothing was changed. */
type Decide = (
  tx: Statements,
  rights: Rights,
  current: OrganizationPermission[] | null,
) => Promise<OrganizationChangeCause | null>
