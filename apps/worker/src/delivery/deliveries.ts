import {
  type AnyColumn,
  and,
  asc,
  count,
  eq,
  gt,
  inArray,
  lt,
  max,
  min,
  ne,
  sql,
} from 'drizzle-orm'
import type { Database, Transaction } from '../database/database.ts'
import { type DeliveryState, deliveries, events, places } from '../database/schema.ts'
import type { Receiver } from './receiver.ts'
import type { TrailEvent } from './security-event.ts'

export type DeliveryRow = typeof deliveries.$inferSelect

/** Entries of the trail that are looked at in one transaction. */
const PAGE_ENTRIES = 500

interface Issued {
  /** To be delivered, in the order of the trail. */
  readonly events: readonly TrailEvent[]
  /** Whether more can be issued at once. */
  readonly hasMore: boolean
}

/** What was issued to whom, and what became of it. Every method rejects while Postgres is away. */
export interface Deliveries {
  /** Gives a receiver that is not known a place. */
  begin(receiver: Pick<Receiver, 'name' | 'from'>): Promise<void>
  /**
   * Takes what comes next from the trail, as far as there is room for it beside what is under way, and moves the receiver's
   * place in the same transaction. Nothing while another worker does.
   */
  issue(receiver: Issuable): Promise<Issued>
  find(receiver: string, number: number): Promise<{ row: DeliveryRow; event: TrailEvent } | null>
  /** Says what became of one, once it is known; what was delivered stays so. */
  settle(row: Key, state: 'delivered' | 'dead', failure?: string): Promise<void>
  /** Says that an attempt has failed. */
  note(row: Key, failure: string): Promise<void>
  /** Has one that was given up be tried again. Its age counts from now. */
  revive(row: Key): Promise<void>
  /** Those under way, and how long they have been, ms. */
  listPending(receiver: string): Promise<{ event: TrailEvent; forMs: number }[]>
  /** Puts a receiver back, or ahead: what comes after `after` is issued, anew if it was before. False if there is none. */
  replay(receiver: string, after: number): Promise<boolean>
  /** Of each receiver how long what it has not taken waits for it, seconds; 0 if there is nothing. */
  listAges(): Promise<ReadonlyMap<string, number>>
  list(receivers: readonly string[]): Promise<ReceiverState[]>
  /** Forgets what was settled longer ago. */
  forget(olderThanMs: number): Promise<void>
}

/** Where a receiver is. */
interface ReceiverState {
  readonly receiver: string
  /** Number of the last entry of the trail that was looked at for it. */
  readonly lastNumber: number
  readonly pending: number
  readonly dead: number
  /** Of the one that waits for the longest; null if none has failed. */
  readonly failure: string | null
}

export interface Issuable {
  readonly name: string
  readonly inFlight: number
  readonly wants: (event: TrailEvent) => boolean
}

interface Key {
  readonly receiver: string
  readonly number: number
}

const isKey = ({ receiver, number }: Key) =>
  and(eq(deliveries.receiver, receiver), eq(deliveries.number, number))
const isPending = eq(deliveries.state, 'pending')
const countOf = (state: DeliveryState) =>
  sql<number>`(count(*) filter (where ${deliveries.state} = ${state}))::int`
const millisecondsSince = (moment: AnyColumn) =>
  sql<number>`(extract(epoch from now() - ${moment}) * 1000)::float8`
const ago = (ms: number) => sql`now() - ${ms} * interval '1 millisecond'`

export function createDeliveries(database: Database): Deliveries {
  return {
    async begin({ name: receiver, from }) {
      const [newest] = await database.select({ number: max(events.number) }).from(events)
      const lastNumber = from === 'now' ? (newest?.number ?? 0) : 0
      await database.insert(places).values({ receiver, lastNumber }).onConflictDoNothing()
    },

    issue: (receiver) => database.transaction((tx) => issueNext(tx, receiver)),

    async find(receiver, number) {
      const [found] = await database
        .select({ row: deliveries, event: events })
        .from(deliveries)
        .innerJoin(events, eq(events.number, deliveries.number))
        .where(isKey({ receiver, number }))
      return found ?? null
    },

    async settle(row, state, failure) {
      const attempts = sql`${deliveries.attempts} + 1`
      const set = { state, attempts, failure: failure ?? null, settledAt: sql`now()` }
      await database
        .update(deliveries)
        .set(set)
        .where(and(isKey(row), ne(deliveries.state, 'delivered')))
    },

    async note(row, failure) {
      const attempts = sql`${deliveries.attempts} + 1`
      await database
        .update(deliveries)
        .set({ attempts, failure })
        .where(and(isKey(row), isPending))
    },

    async revive(row) {
      const set = { state: 'pending', dueAt: sql`now()`, settledAt: null } as const
      await database
        .update(deliveries)
        .set(set)
        .where(and(isKey(row), eq(deliveries.state, 'dead')))
    },

    listPending: (receiver) =>
      database
        .select({ event: events, forMs: millisecondsSince(deliveries.issuedAt) })
        .from(deliveries)
        .innerJoin(events, eq(events.number, deliveries.number))
        .where(and(eq(deliveries.receiver, receiver), isPending))
        .orderBy(asc(deliveries.number))
        .limit(PAGE_ENTRIES),

    replay: (receiver, after) =>
      database.transaction(async (tx) => {
        const moved = await tx
          .update(places)
          .set({ lastNumber: after, since: sql`now()` })
          .where(eq(places.receiver, receiver))
          .returning()
        if (moved.length === 0) return false
        await tx
          .delete(deliveries)
          .where(
            and(
              eq(deliveries.receiver, receiver),
              gt(deliveries.number, after),
              inArray(deliveries.state, ['delivered', 'dead']),
            ),
          )
        return true
      }),

    async listAges() {
      const oldest = database
        .select({ receiver: deliveries.receiver, dueAt: min(deliveries.dueAt).as('due_at') })
        .from(deliveries)
        .where(isPending)
        .groupBy(deliveries.receiver)
        .as('oldest')
      const age = sql<number>`coalesce(extract(epoch from now() - ${oldest.dueAt}), 0)::float8`
      const rows = await database
        .select({ receiver: places.receiver, age })
        .from(places)
        .leftJoin(oldest, eq(oldest.receiver, places.receiver))
      return new Map(rows.map((row) => [row.receiver, row.age]))
    },

    list: (receivers) =>
      database
        .select({
          receiver: places.receiver,
          lastNumber: places.lastNumber,
          pending: countOf('pending'),
          dead: countOf('dead'),
          failure: sql<
            string | null
          >`(array_agg(${deliveries.failure} order by ${deliveries.number}) filter (where ${isPending}))[1]`,
        })
        .from(places)
        .leftJoin(
          deliveries,
          and(eq(deliveries.receiver, places.receiver), ne(deliveries.state, 'delivered')),
        )
        .where(inArray(places.receiver, [...receivers]))
        .groupBy(places.receiver)
        .orderBy(asc(places.receiver)),

    async forget(olderThanMs) {
      await database.delete(deliveries).where(lt(deliveries.settledAt, ago(olderThanMs)))
    },
  }
}

async function issueNext(tx: Transaction, { name, inFlight, wants }: Issuable): Promise<Issued> {
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
    .where(and(eq(deliveries.receiver, receiver), isPending))
  return counted?.pending ?? 0
}
