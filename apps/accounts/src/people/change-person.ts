import type { SubjectId } from '@portcullis/context'
import { claims as declared } from 'claims'
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { CommitChange } from '../claims/commit-change.ts'
import { readSubjectVersion, recordSubjectChange } from '../claims/record-change.ts'
import { users } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'
import type { MemberChange } from '../members/change-member.ts'
import { assertNoLastOwnership } from './last-ownership.ts'

export interface PersonChanges {
  /** From then on every session is refused, and none starts. Repeating changes nothing. `ERR_USER_UNKNOWN`. */
  suspend(subject: SubjectId, actor?: SubjectId): Promise<MemberChange>
  /** The person goes on in the sessions that they have. `ERR_USER_UNKNOWN`. */
  restore(subject: SubjectId, actor?: SubjectId): Promise<MemberChange>
  /** Every session is refused from then on. `ERR_USER_UNKNOWN`, `ERR_LAST_OWNER`. */
  remove(subject: SubjectId, actor?: SubjectId): Promise<MemberChange>
  /** Sets one of the declared claims; null for its default. `ERR_CLAIM_INVALID`, `ERR_USER_UNKNOWN`. */
  setClaim(
    subject: SubjectId,
    claim: { name: string; value: unknown },
    actor?: SubjectId,
  ): Promise<MemberChange>
}

/** What the administrators of the installation change about a person. */
export function createPersonChanges(commit: CommitChange): PersonChanges {
  const setSuspended = (subject: SubjectId, isSuspended: boolean, actor?: SubjectId) =>
    commit(async (tx) => {
      const isOther = isSuspended ? isNull(users.suspendedAt) : isNotNull(users.suspendedAt)
      const changed = await tx
        .update(users)
        .set({ suspendedAt: isSuspended ? sql`now()` : null })
        .where(and(eq(users.id, subject), isOther))
        .returning({ id: users.id })
      if (changed.length === 0) return readSubjectVersion(tx, subject)
      const cause = isSuspended ? 'user.suspended' : 'user.restored'
      return recordSubjectChange(tx, { subject, cause, actor })
    })

  return {
    suspend: (subject, actor) => setSuspended(subject, true, actor),
    restore: (subject, actor) => setSuspended(subject, false, actor),

    remove: (subject, actor) =>
      commit(async (tx) => {
        await assertNoLastOwnership(tx, subject)
        const change = await recordSubjectChange(tx, { subject, cause: 'user.deleted', actor })
        await tx.delete(users).where(eq(users.id, subject))
        return change
      }),

    setClaim: (subject, { name, value }, actor) =>
      commit(async (tx) => {
        const [found] = await tx
          .select({ custom: users.custom })
          .from(users)
          .where(eq(users.id, subject))
          .for('update')
        if (!found) throw new AccountsError('ERR_USER_UNKNOWN')
        const custom = withClaim(found.custom, name, value)
        if (JSON.stringify(custom) === JSON.stringify(found.custom)) {
          return readSubjectVersion(tx, subject)
        }
        await tx.update(users).set({ custom }).where(eq(users.id, subject))
        return recordSubjectChange(tx, { subject, cause: 'claim.changed', actor })
      }),
  }
}

function withClaim(custom: Record<string, unknown>, name: string, value: unknown) {
  if (!declared.names.includes(name)) throw new AccountsError('ERR_CLAIM_INVALID')
  const { [name]: _replaced, ...others } = custom
  if (value === null) return others
  const next = { ...others, [name]: value }
  try {
    declared.parse(next)
  } catch (cause) {
    throw new AccountsError('ERR_CLAIM_INVALID', { cause })
  }
  return next
}
