import type { SubjectId } from '@portcullis/context'
import type { OrganizationPermission } from 'claims'
import type { CommitChange, Committed } from '../claims/commit-change.ts'
import {
  readSubjectVersion,
  recordSubjectChange,
  type SubjectChangeCause,
  type Versioned,
} from '../claims/record-change.ts'
import type { Statements } from '../database/database.ts'
import { AccountsError } from '../errors.ts'
import { normalizeEmail } from '../passwords/verify-password.ts'
import { findPermissions, OWNER } from '../roles/role-rows.ts'
import { assertMayHandOut, enterAs, type Manager, type Rights } from './manager.ts'
import {
  countOwners,
  deleteMembership,
  findMembership,
  findSubjectByEmail,
  type MembershipKey,
  writeGrants,
  writeRole,
} from './membership-rows.ts'

/** A change of one person's claims. */
export type MemberChange = Committed<Versioned>

export interface MemberChanges {
  /** Makes a user a member. `ERR_USER_UNKNOWN`, `ERR_MEMBER_EXISTS`, `ERR_ROLE_UNKNOWN`, `ERR_NOT_ALLOWED`. */
  add(manager: Manager, member: { email: string; role: string }): Promise<MemberChange>
  /** `ERR_MEMBER_UNKNOWN`, `ERR_ROLE_UNKNOWN`, `ERR_LAST_OWNER`, `ERR_NOT_ALLOWED`. */
  setRole(manager: Manager, member: { subject: SubjectId; role: string }): Promise<MemberChange>
  /** What the member may do beside the role, in place of what it was. `ERR_MEMBER_UNKNOWN`, `ERR_NOT_ALLOWED`. */
  setGrants(
    manager: Manager,
    member: { subject: SubjectId; permissions: OrganizationPermission[] },
  ): Promise<MemberChange>
  /** `ERR_MEMBER_UNKNOWN`, `ERR_LAST_OWNER`, `ERR_NOT_ALLOWED`. */
  remove(manager: Manager, member: { subject: SubjectId }): Promise<MemberChange>
}

/** The ways to change who may do what in an organization. Each commits as a whole and is announced after that. */
export function createMemberChanges(commit: CommitChange): MemberChanges {
  const change = (manager: Manager, decide: Decide) =>
    commit(async (tx) => {
      const rights = await enterAs(tx, manager, 'members:manage')
      const { subject, cause } = await decide(tx, rights)
      const { actor } = manager
      return cause
        ? recordSubjectChange(tx, { subject, cause, actor })
        : readSubjectVersion(tx, subject)
    })

  return {
    add: (manager, { email, role }) =>
      change(manager, async (tx, rights) => {
        const subject = await findSubjectByEmail(tx, normalizeEmail(email))
        if (!subject) throw new AccountsError('ERR_USER_UNKNOWN')
        const key = { organization: manager.organization, subject }
        if (await findMembership(tx, key)) throw new AccountsError('ERR_MEMBER_EXISTS')
        await assertMayAssign(tx, rights, key, [role])
        await writeRole(tx, key, role)
        return { subject, cause: 'member.added' }
      }),

    setRole: (manager, { subject, role }) =>
      change(manager, async (tx, rights) => {
        const key = { organization: manager.organization, subject }
        const { role: from } = await requireMembership(tx, key)
        await assertMayAssign(tx, rights, key, [from, role])
        if (from === role) return { subject }
        await assertNotLastOwner(tx, key, from)
        await writeRole(tx, key, role)
        return { subject, cause: 'member.role-changed' }
      }),

    setGrants: (manager, { subject, permissions }) =>
      change(manager, async (tx, rights) => {
        const key = { organization: manager.organization, subject }
        const { role, grants } = await requireMembership(tx, key)
        const next = [...new Set(permissions)].sort()
        assertMayHandOut(rights, { roles: [role], permissions: next })
        if (next.join() === grants.toSorted().join()) return { subject }
        await writeGrants(tx, key, next)
        return { subject, cause: 'member.grants-changed' }
      }),

    remove: (manager, { subject }) =>
      change(manager, async (tx, rights) => {
        const key = { organization: manager.organization, subject }
        const { role } = await requireMembership(tx, key)
        assertMayHandOut(rights, { roles: [role] })
        await assertNotLastOwner(tx, key, role)
        await deleteMembership(tx, key)
        return { subject, cause: 'member.removed' }
      }),
  }
}

/** Without a cause nothing was changed. */
interface Decision {
  subject: SubjectId
  cause?: SubjectChangeCause
}

type Decide = (tx: Statements, rights: Rights) => Promise<Decision>

async function requireMembership(tx: Statements, key: MembershipKey) {
  const membership = await findMembership(tx, key)
  if (!membership) throw new AccountsError('ERR_MEMBER_UNKNOWN')
  return membership
}

/** @param roles The last is the one that is given. */
async function assertMayAssign(
  tx: Statements,
  rights: Rights,
  { organization }: MembershipKey,
  roles: [...string[], string],
): Promise<void> {
  const permissions = await findPermissions(tx, { organization, name: roles.at(-1) ?? '' })
  if (!permissions) throw new AccountsError('ERR_ROLE_UNKNOWN')
  assertMayHandOut(rights, { roles, permissions })
}

async function assertNotLastOwner(tx: Statements, { organization }: MembershipKey, role: string) {
  if (role === OWNER && (await countOwners(tx, organization)) < 2) {
    throw new AccountsError('ERR_LAST_OWNER')
  }
}
