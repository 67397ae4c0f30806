import { createId, type SubjectId } from '@portcullis/context'
import { eq, sql } from 'drizzle-orm'
import type { Statements } from '../database/database.ts'
import { outbox, users } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'

/** Why somebody's claims changed, as the log and the audit will show it. */
export type ClaimsChangeCause = 'member.added' | 'member.role-changed' | 'member.removed'

/**
 * Raises the subject's claims version and writes the outbox row. Call it in the transaction that changes the claims:
 * either all of it happened or none, so no change can go unpublished and no event can announce one that is not there.
 *
 * @returns the new version.
 * @throws {AccountsError} `ERR_USER_UNKNOWN`
 */
export async function recordClaimsChange(
  tx: Statements,
  change: { subject: SubjectId; cause: ClaimsChangeCause },
): Promise<number> {
  // The update locks the row until commit, so versions and sequence numbers of a subject are taken in the same order.
  const [raised] = await tx
    .update(users)
    .set({ claimsVersion: sql`${users.claimsVersion} + 1` })
    .where(eq(users.id, change.subject))
    .returning({ version: users.claimsVersion })
  if (!raised) throw new AccountsError('ERR_USER_UNKNOWN')
  await tx.insert(outbox).values({ id: createId('chg'), version: raised.version, ...change })
  return raised.version
}

/** @throws {AccountsError} `ERR_USER_UNKNOWN` */
export async function readClaimsVersion(tx: Statements, subject: SubjectId): Promise<number> {
  const [user] = await tx
    .select({ version: users.claimsVersion })
    .from(users)
    .where(eq(users.id, subject))
  if (!user) throw new AccountsError('ERR_USER_UNKNOWN')
  return user.version
}
