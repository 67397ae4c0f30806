import type { OrganizationId, SubjectId } from '@portcullis/context'
import type { OrganizationPermission } from 'claims'
import type { Statements } from '../database/database.ts'
import { AccountsError } from '../errors.ts'
import { findMemberRights, OWNER } from '../roles/role-rows.ts'
import { lockOrganization } from './membership-rows.ts'

/** Who asks, in which organization. */
export interface Manager {
  organization: OrganizationId
  actor: SubjectId
}

/** What the one who asks may do themselves. */
export interface Rights {
  role: string
  permissions: ReadonlySet<string>
}

/**
 * Lets one change of an organization's members and roles happen at a time, by somebody who may. What they may comes from
 * this transaction: a context may be older than the change that took it away. It is asked for first, so that only those who
 * manage learn which addresses, members and roles exist.
 *
 * @throws {AccountsError} `ERR_NOT_ALLOWED`, also in an organization that is suspended.
 */
export async function enterAs(
  tx: Statements,
  { organization, actor }: Manager,
  needed: OrganizationPermission,
): Promise<Rights> {
  const isActive = await lockOrganization(tx, organization)
  const rights = await findMemberRights(tx, { organization, subject: actor })
  if (!isActive || !rights?.permissions.has(needed)) throw new AccountsError('ERR_NOT_ALLOWED')
  return rights
}

/**
 * Nobody hands out more than they have, and only an owner makes, changes or removes an owner: whoever manages members could
 * otherwise raise themselves.
 *
 * @throws {AccountsError} `ERR_NOT_ALLOWED`
 */
export function assertMayHandOut(
  { role, permissions }: Rights,
  handedOut: { roles?: readonly (string | null)[]; permissions?: readonly string[] },
): void {
  if (role === OWNER) return
  const touchesOwner = handedOut.roles?.includes(OWNER) ?? false
  const hasAll = handedOut.permissions?.every((name) => permissions.has(name)) ?? true
  if (touchesOwner || !hasAll) throw new AccountsError('ERR_NOT_ALLOWED')
}
