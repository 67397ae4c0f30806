import type { SubjectId } from '@portcullis/context'
import { and, count, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import { generateSecret, generateURI } from 'otplib'
import type { CommitChange } from '../claims/commit-change.ts'
import { readSubjectVersion, recordSubjectChange } from '../claims/record-change.ts'
import type { Database, Statements } from '../database/database.ts'
import { recoveryCodes, totp } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'
import { createRecoveryCode, hashRecoveryCode, RECOVERY_CODES } from './recovery-codes.ts'
import { createSecretBox, type SecretBox } from './secret-box.ts'
import { stepOf } from './totp-codes.ts'

export interface SecondFactorOptions {
  database: Database
  /** What is added or removed is announced, so that others hear of it. */
  commit: CommitChange
  /** Encrypts what is kept, 32 bytes in base64url. Without it nobody can enrol, and nobody enrolled can sign in. */
  totpKey?: string | undefined
  /** Wall clock, milliseconds. */
  now: () => number
}

/** Codes of an app, RFC 6238, and codes on paper for the day on which it is lost. */
export interface SecondFactor {
  status(subject: SubjectId): Promise<{ enrolled: boolean; recoveryCodes: number }>
  /**
   * A new secret, shown this once and in force once it was confirmed.
   *
   * @throws {AccountsError} `ERR_TOTP_UNAVAILABLE`, `ERR_TOTP_ENROLLED`
   */
  enroll(subject: SubjectId, label: string): Promise<{ secret: string; uri: string }>
  /**
   * @returns recovery codes, shown this once.
   * @throws {AccountsError} `ERR_CODE_WRONG`, `ERR_TOTP_ENROLLED`, `ERR_TOTP_NOT_ENROLLED`, `ERR_TOTP_UNAVAILABLE`
   */
  confirm(subject: SubjectId, code: string): Promise<{ recoveryCodes: string[] }>
  /** Those before are void. @throws {AccountsError} `ERR_TOTP_NOT_ENROLLED` */
  renewRecoveryCodes(subject: SubjectId): Promise<{ recoveryCodes: string[] }>
  disable(subject: SubjectId): Promise<void>
  /** Uses up a code of either kind. False also for one that was used, and after too many wrong ones. */
  accept(subject: SubjectId, code: string): Promise<boolean>
}

const ISSUER = 'Portcullis'
/** Wrong codes of one account in 15 minutes, from wherever; beyond them every code is refused. */
const MAX_FAILURES = 10
const isWindowOver = sql`${totp.failuresSince} < now() - interval '15 minutes'`

export function createSecondFactor(options: SecondFactorOptions): SecondFactor {
  const { database, commit, totpKey, now } = options
  const { statements } = database
  const box = totpKey === undefined ? undefined : createSecretBox(totpKey)

  function requireBox(): SecretBox {
    if (!box) throw new AccountsError('ERR_TOTP_UNAVAILABLE')
    return box
  }

  /** Counted before it is looked at: of any number at once, no more are looked at than may be wrong. */
  async function takeAttempt(subject: SubjectId) {
    const [taken] = await statements
      .update(totp)
      .set({
        failures: sql`case when ${isWindowOver} then 1 else ${totp.failures} + 1 end`,
        failuresSince: sql`case when ${isWindowOver} then now() else ${totp.failuresSince} end`,
      })
      .where(and(eq(totp.subject, subject), isNotNull(totp.confirmedAt)))
      .returning({ sealed: totp.secret, failures: totp.failures })
    return taken && taken.failures <= MAX_FAILURES ? taken : undefined
  }

  /** In one statement, so that of two with the same code one is refused. */
  async function useStep(subject: SubjectId, sealed: string, step: number) {
    const used = await statements
      .update(totp)
      .set({ lastStep: step, failures: 0 })
      .where(and(eq(totp.subject, subject), eq(totp.secret, sealed), lt(totp.lastStep, step)))
      .returning({ subject: totp.subject })
    return used.length > 0
  }

  async function useRecoveryCode(subject: SubjectId, hash: string) {
    const used = await statements
      .delete(recoveryCodes)
      .where(and(eq(recoveryCodes.subject, subject), eq(recoveryCodes.hash, hash)))
      .returning({ subject: recoveryCodes.subject })
    if (used.length === 0) return false
    await statements.update(totp).set({ failures: 0 }).where(eq(totp.subject, subject))
    return true
  }

  return {
    async status(subject) {
      const enrolled = await findEnrolled(statements, subject)
      const [left] = await statements
        .select({ codes: count() })
        .from(recoveryCodes)
        .where(eq(recoveryCodes.subject, subject))
      return { enrolled: enrolled !== undefined, recoveryCodes: left?.codes ?? 0 }
    },

    async enroll(subject, label) {
      const secret = generateSecret()
      const sealed = requireBox().seal(secret, subject)
      const begun = await statements
        .insert(totp)
        .values({ subject, secret: sealed })
        .onConflictDoUpdate({
          target: totp.subject,
          set: { secret: sealed },
          setWhere: isNull(totp.confirmedAt),
        })
        .returning({ subject: totp.subject })
      if (begun.length === 0) throw new AccountsError('ERR_TOTP_ENROLLED')
      return { secret, uri: generateURI({ issuer: ISSUER, label, secret }) }
    },

    async confirm(subject, code) {
      const { recoveryCodes: codes } = await commit(async (tx) => {
        const [begun] = await tx.select().from(totp).where(eq(totp.subject, subject)).for('update')
        if (!begun) throw new AccountsError('ERR_TOTP_NOT_ENROLLED')
        if (begun.confirmedAt) throw new AccountsError('ERR_TOTP_ENROLLED')
        const step = stepOf(requireBox().open(begun.secret, subject), code, now())
        if (step === null) throw new AccountsError('ERR_CODE_WRONG')
        await tx
          .update(totp)
          .set({ confirmedAt: sql`now()`, lastStep: step })
          .where(eq(totp.subject, subject))
        const change = { subject, actor: subject, cause: 'second-factor.added' } as const
        const written = await writeRecoveryCodes(tx, subject)
        return { ...(await recordSubjectChange(tx, change)), recoveryCodes: written }
      })
      return { recoveryCodes: codes }
    },

    renewRecoveryCodes: (subject) =>
      database.transaction(async (tx) => {
        if (!(await findEnrolled(tx, subject))) throw new AccountsError('ERR_TOTP_NOT_ENROLLED')
        return { recoveryCodes: await writeRecoveryCodes(tx, subject) }
      }),

    async disable(subject) {
      await commit(async (tx) => {
        await tx.delete(recoveryCodes).where(eq(recoveryCodes.subject, subject))
        const removed = await tx.delete(totp).where(eq(totp.subject, subject)).returning()
        if (!removed.some(({ confirmedAt }) => confirmedAt)) return readSubjectVersion(tx, subject)
        const change = { subject, actor: subject, cause: 'second-factor.removed' } as const
        return recordSubjectChange(tx, change)
      })
    },

    async accept(subject, code) {
      const { open } = requireBox()
      const attempt = await takeAttempt(subject)
      if (!attempt) return false
      const hash = hashRecoveryCode(subject, code)
      if (hash !== null) return useRecoveryCode(subject, hash)
      const step = stepOf(open(attempt.sealed, subject), code, now())
      return step !== null && useStep(subject, attempt.sealed, step)
    },
  }
}

async function findEnrolled(statements: Statements, subject: SubjectId) {
  const [found] = await statements
    .select({ subject: totp.subject })
    .from(totp)
    .where(and(eq(totp.subject, subject), isNotNull(totp.confirmedAt)))
    .for('update')
  return found
}

async function writeRecoveryCodes(tx: Statements, subject: SubjectId): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, createRecoveryCode)
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.subject, subject))
  const hashes = codes.flatMap((code) => hashRecoveryCode(subject, code) ?? [])
  await tx.insert(recoveryCodes).values(hashes.map((hash) => ({ subject, hash })))
  return codes
}
