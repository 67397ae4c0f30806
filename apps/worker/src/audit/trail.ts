import { formatPosition, type Position } from '@portcullis/context'
import type { LogEvent, Receipt } from '@portcullis/revocation'
import { and, asc, desc, eq, gt, lt, max, min, ne } from 'drizzle-orm'
import type { Database, Transaction } from '../database/database.ts'
import { cursor, events, receipts } from '../database/schema.ts'

type EventRow = typeof events.$inferInsert

/** Entries of the log that are to be written down. */
export interface LogStretch {
  /** Where the trail was when the log was read; null at the very first. */
  readonly after: Position | null
  readonly events: readonly LogEvent[]
  /** Where it is then. */
  readonly upTo: Position
  /** Whether the log may have had entries between `after` and these that it does not have any more. */
  readonly isBroken: boolean
}

/** Events of one epoch, of which it is not written yet whether they are in force. */
interface Unproven {
  readonly firstNumber: number
  readonly lastNumber: number
  /** The log's entry behind the last of them. */
  readonly position: Position
  /** Absent if that is no entry of the log's own. */
  readonly nonce?: string
  /** Whether events of another epoch follow them in the trail. */
  readonly hasEnded: boolean
}

/** The trail's tables. Every method rejects while Postgres is away. */
export interface Trail {
  readCursor(): Promise<Position | null>
  /**
   * Writes a stretch down and moves the cursor, in one transaction.
   *
   * @returns false if another worker has moved it meanwhile; then nothing was written.
   */
  append(stretch: LogStretch): Promise<boolean>
  /** The oldest of them: what came after a failover says nothing of what the failover may have lost. */
  readUnproven(): Promise<Unproven | null>
  /** Another worker may have been first; then its receipt stays. */
  prove(unproven: Unproven, receipt: Receipt): Promise<void>
}

/** What is at the beginning, and in place of what was lost. */
type Marker = 'audit.began' | 'audit.gap'
/** In place of the nonce that a log's entry has. */
const MARKER_NONCE = 'marker'
/** Instances in one receipt at most. */
const MAX_INSTANCES = 1_000

export function createTrail(database: Database): Trail {
  return {
    async readCursor() {
      const [row] = await database.select().from(cursor)
      return row ? { epoch: row.epoch, seq: row.seq } : null
    },

    append: (stretch) =>
      database.transaction(async (tx) => {
        // The row stays locked until the commit: numbers are taken in the order in which they become visible.
        if (!(await moveCursor(tx, stretch))) return false
        const rows = [...markersOf(stretch), ...stretch.events.map(rowOf)]
        if (rows.length > 0) await tx.insert(events).values(rows).onConflictDoNothing()
        return true
      }),

    async readUnproven() {
      const [proven] = await database.select({ last: max(receipts.lastNumber) }).from(receipts)
      const isUnproven = gt(events.number, proven?.last ?? 0)
      const [first] = await database
        .select()
        .from(events)
        .where(isUnproven)
        .orderBy(asc(events.number))
        .limit(1)
      if (!first) return null
      return { firstNumber: first.number, ...(await readLastOfEpoch(database, first)) }
    },

    async prove({ firstNumber, lastNumber }, { level, durable, instances }) {
      const known = instances
        .slice(0, MAX_INSTANCES)
        .map(({ id, service, state }) => ({ id, service, state }))
      await database
        .insert(receipts)
        .values({ firstNumber, lastNumber, level, durable, instances: known })
        .onConflictDoNothing()
    },
  }
}

async function readLastOfEpoch(database: Database, first: typeof events.$inferSelect) {
  const [other] = await database
    .select({ number: min(events.number) })
    .from(events)
    .where(and(gt(events.number, first.number), ne(events.epoch, first.epoch)))
  const end = other?.number ?? null
  const [last = first] = await database
    .select()
    .from(events)
    .where(and(gt(events.number, first.number), end === null ? undefined : lt(events.number, end)))
    .orderBy(desc(events.number))
    .limit(1)
  const { number: lastNumber, epoch, seq, nonce } = last
  const place = { position: { epoch, seq }, ...(!nonce.startsWith(MARKER_NONCE) && { nonce }) }
  return { lastNumber, ...place, hasEnded: end !== null }
}

async function moveCursor(tx: Transaction, { after, upTo }: LogStretch): Promise<boolean> {
  if (after === null) {
    const made = await tx.insert(cursor).values(upTo).onConflictDoNothing().returning()
    return made.length > 0
  }
  const moved = await tx
    .update(cursor)
    .set(upTo)
    .where(and(eq(cursor.epoch, after.epoch), eq(cursor.seq, after.seq)))
    .returning()
  return moved.length > 0
}

function markersOf(stretch: LogStretch): EventRow[] {
  if (stretch.after === null) return [markerOf('audit.began', stretch)]
  return stretch.isBroken ? [markerOf('audit.gap', stretch)] : []
}

function markerOf(kind: Marker, { after, events: [first], upTo }: LogStretch): EventRow {
  const place = first?.position ?? upTo
  const missing = after && {
    missingAfter: formatPosition(after),
    missingBefore: formatPosition(place),
  }
  const cause = kind === 'audit.gap' ? 'log-trimmed' : 'first-start'
  return {
    ...place,
    // A history may begin twice at one place.
    nonce: after ? `${MARKER_NONCE}-${after.epoch}-${after.seq}` : MARKER_NONCE,
    kind,
    cause,
    at: new Date(first?.at ?? Date.now()),
    ...missing,
  }
}

function rowOf({ position, originator, at, previousNonce: _, ...event }: LogEvent): EventRow {
  return { ...event, ...position, originator: originator ?? null, at: new Date(at ?? 0) }
}
