import {
  type InstanceId,
  instanceIdSchema,
  type Position,
  positionSchema,
} from '@portcullis/context'
import { z } from 'zod'

/** What an instance writes with each fence: who it is, and what others may conclude from it. */
export const memberRecordSchema = z.object({
  service: z.string().min(1).max(64),
  /** A driver holds or repairs the truth of sessions: gateways and workers. */
  drives: z.boolean(),
  /** The longest it may go on after its last fence, in milliseconds, relaxed procedures included. */
  leaseMs: z.number().positive(),
  /** Up to where it has applied the log without a gap. */
  applied: positionSchema,
  /** Random part of the epoch under which it has re-asserted what it knows: two epochs may have counted alike. */
  repaired: z.string().max(64),
  /** Counts its fences, so that a record which stands still is seen to. */
  fences: z.int().nonnegative(),
})

export type MemberRecord = z.infer<typeof memberRecordSchema>

export interface Member {
  readonly id: InstanceId
  readonly record: MemberRecord
  /** The record as it is stored, to compare with. */
  readonly text: string
}

/** A hash's flat reply, as text. A record that cannot be read counts as one that never acknowledges. */
export const membersSchema = z.array(z.string()).transform((flat): Member[] => {
  const members: Member[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const id = instanceIdSchema.safeParse(flat[i])
    const stored = flat[i + 1] as string
    if (id.success) members.push({ id: id.data, text: stored, record: parseRecord(stored) })
  }
  return members
})

const UNREADABLE: MemberRecord = {
  service: 'unknown',
  drives: true,
  leaseMs: 60_000,
  applied: { epoch: 0, seq: 0 },
  repaired: '',
  fences: 0,
}

function parseRecord(stored: string): MemberRecord {
  try {
    return memberRecordSchema.parse(JSON.parse(stored))
  } catch {
    return UNREADABLE
  }
}

export function hasApplied(applied: Position, position: Position): boolean {
  return applied.epoch === position.epoch && applied.seq >= position.seq
}
