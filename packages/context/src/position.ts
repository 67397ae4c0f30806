import { z } from 'zod'

/**
 * A place in the log's history. Positions of one epoch are ordered by `seq`; a higher epoch is a history of its own,
 * and what was said under another one is not believed.
 */
export interface Position {
  /** Counter of the epoch, from 1. */
  readonly epoch: number
  /** Number of the last event, from 0 for an empty log. */
  readonly seq: number
}

export const positionSchema = z.object({
  epoch: z.int().nonnegative(),
  seq: z.int().nonnegative(),
})

/** Negative if `a` is earlier, 0 if equal, positive if later. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.seq - b.seq
}
