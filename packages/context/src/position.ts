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

/** `<epoch>.<seq>`, the form in which a header carries a position. */
export function formatPosition({ epoch, seq }: Position): string {
  return `${epoch}.${seq}`
}

/** Undefined for anything that `formatPosition` does not write. */
export function parsePosition(text: string): Position | undefined {
  const [, epoch, seq] = POSITION.exec(text) ?? []
  return epoch && seq ? { epoch: Number(epoch), seq: Number(seq) } : undefined
}

// Up to 15 digits stay exact in a double.
const POSITION = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})$/
