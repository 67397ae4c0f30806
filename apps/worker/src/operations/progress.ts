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
  const levels = receipts.map(({ level }) => level)
  return {
    ...progress,
    done: progress.done + receipts.length,
    ended: progress.ended + receipts.reduce((sum, { ended }) => sum + (ended ?? 0), 0),
    uncounted: progress.uncounted + receipts.filter(({ ended }) => ended === null).length,
    level: levels.reduce<ReceiptLevel | null>(lowest, progress.level),
  }
}

function lowest(known: ReceiptLevel | null, level: ReceiptLevel): ReceiptLevel {
  if (known === null) return level
  return RECEIPT_LEVELS.indexOf(known) < RECEIPT_LEVELS.indexOf(level) ? known : level
}
