import type { OrganizationId, SubjectId } from '@portcullis/context'
import type { ReceiptLevel } from '@portcullis/revocation'
import {
  type ClaimsChangeCause,
  readClaimsVersion,
  recordClaimsChange,
} from '../claims/record-claims-change.ts'
import type { Database, Statements } from '../database/database.ts'
import { AccountsError } from '../errors.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { normalizeEmail } from '../passwords/verify-password.ts'
import {
  countOwners,
  findRole,
  findSubjectByEmail,
  lockOrganization,
  type MembershipKey,
  writeRole,
} from './membership-rows.ts'
import { mayManage, type Role } from './roles.ts'

/** Who asks, in which organization. */
export interface Manager {
  organization: OrganizationId
  actor: SubjectId
}

export interface MemberChange {
  subject: SubjectId
  /** Version of the subject's claims that holds the change. */
  version: number
  /**
   * How far the committed change has got: `enforced` when nobody decides on older claims, `pending` when that is so within
   * a lease, `indeterminate` when it is not known to be announced; the replay of the outbox brings it.
   */
  propagated: ReceiptLevel
}

export interface MemberChanges {
  /** Makes a user a member. `ERR_USER_UNKNOWN`, `ERR_MEMBER_EXISTS`, `ERR_NOT_ALLOWED`. */
  add(manager: Manager, member: { email: string; role: Role }): Promise<MemberChange>
  /** `ERR_MEMBER_UNKNOWN`, `ERR_LAST_OWNER`, `ERR_NOT_ALLOWED`. */
  setRole(manager: Manager, member: { subject: SubjectId; role: Role }): Promise<MemberChange>
  /** `ERR_MEMBER_UNKNOWN`, `ERR_LAST_OWNER`, `ERR_NOT_ALLOWED`. */
  remove(manager: Manager, member: { subject: SubjectId }): Promise<MemberChange>
}

/** The three ways to change who may do what in an organization. Each commits as a whole and is announced after that. */
export function createMemberChanges(options: {
  database: Database
  outbox: Outbox
}): MemberChanges {
  const { database, outbox } = options

  const change = async (manager: Manager, decide: Decide): Promise<MemberChange> => {
    const committed = await database.transaction(async (tx) => {
      await lockOrganization(tx, manager.organization)
      const role = await requireManager(tx, manager)
      return applyDecision(tx, role, await decide(tx))
    })
    return { ...committed, propagated: await outbox.publishAfterCommit(committed) }
  }

  return {
    add: (manager, { email, role }) =>
      change(manager, async (tx) => {
        const subject = await findSubjectByEmail(tx, normalizeEmail(email))
        if (!subject) throw new AccountsError('ERR_USER_UNKNOWN')
        const key = { organization: manager.organization, subject }
        if (await findRole(tx, key)) throw new AccountsError('ERR_MEMBER_EXISTS')
        return { key, from: null, to: role, cause: 'member.added' }
      }),
    setRole: (manager, { subject, role }) =>
      change(manager, async (tx) => {
        const key = { organization: manager.organization, subject }
        return { key, from: await requireRole(tx, key), to: role, cause: 'member.role-changed' }
      }),
    remove: (manager, { subject }) =>
      change(manager, async (tx) => {
        const key = { organization: manager.organization, subject }
        return { key, from: await requireRole(tx, key), to: null, cause: 'member.removed' }
      }),
  }
}

interface Decision {
  key: MembershipKey
  from: Role | null
  to: Role | null
  cause: ClaimsChangeCause
}

type Decide = (tx: Statements) => Promise<Decision>

// The actor's role comes from this transaction: a context may be older than the change that took the role away.
// It is asked for first, so that only those who manage members learn which addresses and members exist.
async function requireManager(tx: Statements, { organization, actor }: Manager): Promise<Role> {
  const role = await findRole(tx, { organization, subject: actor })
  if (!role || !mayManage(role, [])) throw new AccountsError('ERR_NOT_ALLOWED')
  return role
}

async function requireRole(tx: Statements, key: MembershipKey): Promise<Role> {
  const role = await findRole(tx, key)
  if (!role) throw new AccountsError('ERR_MEMBER_UNKNOWN')
  return role
}

async function applyDecision(tx: Statements, managerRole: Role, decision: Decision) {
  const { key, from, to, cause } = decision
  const { organization, subject } = key
  if (!mayManage(managerRole, [from, to])) throw new AccountsError('ERR_NOT_ALLOWED')
  if (from === to) return { subject, version: await readClaimsVersion(tx, subject) }
  if (from === 'owner' && (await countOwners(tx, organization)) < 2) {
    throw new AccountsError('ERR_LAST_OWNER')
  }
  await writeRole(tx, key, to)
  return { subject, version: await recordClaimsChange(tx, { subject, cause }) }
}
