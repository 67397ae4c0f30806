import {
  type InstanceId,
  instanceIdSchema,
  type Position,
  positionSchema,
} from '@portcullis/context'
import { z } from 'zod'
import type { Epoch } from '../log/applied-log.ts'

const epochSchema = z.object({ counter: z.int().nonnegative(), random: z.string().max(64) })

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
  /** The highest epoch it has met, which the others may not know of: a service that may open none waits for them to. */
  met: epochSchema,
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
  met: { counter: 0, random: '' },
  fences: 0,
}

function parseRecord(stored: string): MemberRecord {
  try {
    const value: unknown = JSON.parse(stored)
    return isRecord(value) ? value : UNREADABLE
  } catch {
    return UNREADABLE
  }
}

/** What `memberRecordSchema` says, written out: each receipt reads the records of all members. */
function isRecord(value: unknown): value is MemberRecord {
  if (typeof value !== 'object' || value === null) return false
  const { service, drives, leaseMs, applied, repaired, met, fences } =
    value as Unchecked<MemberRecord>
  if (typeof service !== 'string' || service.length < 1 || service.length > 64) return false
  if (typeof repaired !== 'string' || repaired.length > 64) return false
  if (!Number.isFinite(leaseMs) || (leaseMs as number) <= 0) return false
  if (typeof drives !== 'boolean' || !isCount(fences)) return false
  return isPosition(applied) && isEpoch(met)
}

function isPosition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { epoch, seq } = value as Unchecked<Position>
  return isCount(epoch) && isCount(seq)
}

function isEpoch(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { counter, random } = value as Unchecked<Epoch>
  return isCount(counter) && typeof random === 'string' && random.length <= 64
}

type Unchecked<Value> = { readonly [Key in keyof Value]?: unknown }

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function hasApplied(applied: Position, position: Position): boolean {
  return applied.epoch === position.epoch && applied.seq >= position.seq
}
