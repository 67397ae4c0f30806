import { and, asc, count, eq, gt } from 'drizzle-orm'
import type { Transaction } from '../database/database.ts'
import { deliveries, events, places } from '../database/schema.ts'
import type { TrailEvent } from './security-event.ts'

/** Entries of the trail that are looked at in one transaction. */
const PAGE_ENTRIES = 500

/** What is issued to a receiver. */
export interface Issuable {
  readonly name: string
  readonly inFlight: number
  readonly wants: (event: TrailEvent) => boolean
}

export interface Issued {
  /** To be delivered, in the order of the trail. */
  readonly events: readonly TrailEvent[]
  /** Whether more can be issued at once. */
  readonly hasMore: boolean
}

/** Takes what comes next for a receiver, as far as there is room for it, and moves its place. */
export async function issueNext(
  tx: Transaction,
  { name, inFlight, wants }: Issuable,
): Promise<Issued> {
  // The row stays locked until the commit: one worker at a time issues to a receiver.
  const [place] = await tx
    .select()
    .from(places)
    .where(eq(places.receiver, name))
    .for('update', { skipLocked: true })
  if (!place) return NOTHING
  const room = inFlight - (await countPending(tx, name))
  if (room <= 0) return NOTHING
  const page = await tx
    .select()
    .from(events)
    .where(gt(events.number, place.lastNumber))
    .orderBy(asc(events.number))
    .limit(PAGE_ENTRIES)
  const wanted = page.filter(wants).slice(0, room)
  // Behind the last that was taken, or behind all that were looked at.
  const last = (wanted.length === room ? wanted : page).at(-1)
  if (!last) return NOTHING
  await tx.update(places).set({ lastNumber: last.number }).where(eq(places.receiver, name))
  const rows = wanted.map(({ number, recordedAt }) => {
    const dueAt = new Date(Math.max(recordedAt.getTime(), place.since.getTime()))
    return { receiver: name, number, dueAt }
  })
  // One that is under way since before a replay stays under way.
  const issued =
    rows.length > 0
      ? await tx.insert(deliveries).values(rows).onConflictDoNothing().returning()
      : []
  const isIssued = new Set(issued.map(({ number }) => number))
  const hasMore = page.length === PAGE_ENTRIES && wanted.length < room
  return { events: wanted.filter(({ number }) => isIssued.has(number)), hasMore }
}

const NOTHING: Issued = { events: [], hasMore: false }

async function countPending(tx: Transaction, receiver: string): Promise<number> {
  const [counted] = await tx
    .select({ pending: count() })
    .from(deliveries)
    .where(and(eq(deliveries.receiver, receiver), eq(deliveries.state, 'pending')))
  return counted?.pending ?? 0
}
