import type { SessionId, SubjectId } from '@portcullis/context'
import { and, eq, sql } from 'drizzle-orm'
import type { CommitChange } from '../claims/commit-change.ts'
import { readSubjectVersion, recordSubjectChange } from '../claims/record-change.ts'
import { credentials } from '../database/schema.ts'
import { MIN_PASSWORD_LENGTH } from './password-hasher.ts'
import {
  confirmStored,
  type GivenProof,
  type SecondFactorNeeded,
  type VerifiedPerson,
  type VerifyPasswordOptions,
} from './verify-password.ts'

export interface PasswordChange extends GivenProof {
  subject: SubjectId
  /** The session in which it is changed: all others end. */
  session: SessionId
  newPassword: string
}

export interface ChangedPassword extends VerifiedPerson {
  /** Whether it is in the log that the other sessions have ended. If not, the replay brings it. */
  announced: boolean
}

/** Nothing was changed: the new password is too short. */
export interface OtherPasswordNeeded {
  needs: 'other-password'
}

/**
 * Sets a new password for who knows the one before, and says in the same transaction that all sessions but one have ended.
 *
 * @returns null if the proof is wrong, or another change was made meanwhile.
 */
export async function changePassword(
  options: VerifyPasswordOptions & { commit: CommitChange },
  { newPassword, session, ...proof }: PasswordChange,
): Promise<ChangedPassword | SecondFactorNeeded | OtherPasswordNeeded | null> {
  if ([...newPassword].length < MIN_PASSWORD_LENGTH) return { needs: 'other-password' }
  const { person, verified } = await confirmStored(options, proof)
  if (person === null || verified === null) return null
  if ('needs' in person) return person
  const { subject } = person
  const passwordHash = await options.passwords.hash(newPassword)
  const { isChanged, atLeast } = await options.commit(async (tx) => {
    // Whoever changed it since has proved the same password: what was proved by it is over.
    const changed = await tx
      .update(credentials)
      .set({ passwordHash, updatedAt: sql`now()` })
      .where(and(eq(credentials.subject, subject), eq(credentials.passwordHash, verified)))
      .returning({ subject: credentials.subject })
    if (changed.length === 0)
      return { ...(await readSubjectVersion(tx, subject)), isChanged: false }
    const change = { cause: 'credential.changed', keeps: session, actor: subject } as const
    return { ...(await recordSubjectChange(tx, { subject, ...change })), isChanged: true }
  })
  return isChanged ? { ...person, announced: atLeast !== null } : null
}
