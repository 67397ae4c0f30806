import { subjectIdSchema } from '@portcullis/context'
import { RECEIPT_LEVELS, type ReceiptLevel, type RevokedSessions } from '@portcullis/revocation'
import { z } from 'zod'

/** How far a revocation has got; kept with the job, so that whoever takes it over goes on there. */
export const progressSchema = z.object({
  /** Steps that are done. */
  done: z.int().nonnegative(),
  /** Null where they are not known before: members of an organization. */
  total: z.int().nonnegative().nullable(),
  /** Sessions that ended, as far as they are counted. */
  ended: z.int().nonnegative(),
  /** Steps whose sessions are not counted: an organization's, everyone's. */
  uncounted: z.int().nonnegative(),
  /** The least certain of all receipts; null before the first. */
  level: z.enum(RECEIPT_LEVELS).nullable(),
  /** The last member that was come to. */
  after: subjectIdSchema.nullable(),
})
export type RevocationProgress = z.infer<typeof progressSchema>

/** What became of it: its result in the queue. */
export interface RevocationResult extends Omit<RevocationProgress, 'after'> {
  readonly outcome: 'done' | 'cancelled'
}

export function beginProgress(total: number | null): RevocationProgress {
  return { done: 0, total, ended: 0, uncounted: 0, level: null, after: null }
}

export function addReceipts(
  progress: RevocationProgress,
  receipts: readonly RevokedSessions[],
): RevocationProgress {
  return receipts.reduce(
    (sum, { ended, level }) => ({
      ...sum,
      done: sum.done + 1,
      ended: sum.ended + (ended ?? 0),
      uncounted: sum.uncounted + (ended === null ? 1 : 0),
      level: sum.level === null ? level : lower(sum.level, level),
    }),
    progress,
  )
}

function lower(one: ReceiptLevel, other: ReceiptLevel): ReceiptLevel {
  return RECEIPT_LEVELS.indexOf(one) < RECEIPT_LEVELS.indexOf(other) ? one : other
}
