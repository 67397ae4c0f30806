import { and, asc, eq, inArray, min, ne, sql } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { type DeliveryState, deliveries, events, places } from '../database/schema.ts'
import type { TrailEvent } from './security-event.ts'

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

/** How far receivers have got. */
export interface DeliveryReports {
  /** Those under way, and how long they have been, ms. */
  listPending(receiver: string): Promise<{ event: TrailEvent; forMs: number }[]>
  /** Of each of them how long what it has not taken waits for it, seconds; 0 if there is nothing. */
  listAges(receivers: readonly string[]): Promise<ReadonlyMap<string, number>>
  list(receivers: readonly string[]): Promise<ReceiverState[]>
}

/** More than are ever under way for one receiver, unless dead letters were tried again. */
const MAX_PENDING = 1_000

const isPending = eq(deliveries.state, 'pending')
const countOf = (state: DeliveryState) =>
  sql<number>`(count(*) filter (where ${deliveries.state} = ${state}))::int`
const forMs = sql<number>`(extract(epoch from now() - ${deliveries.issuedAt}) * 1000)::float8`
const oldestFailure = sql<string | null>`(
  array_agg(${deliveries.failure} order by ${deliveries.number}) filter (where ${isPending})
)[1]`

export function createDeliveryReports(database: Database): DeliveryReports {
  return {
    listPending: (receiver) =>
      database
        .select({ event: events, forMs })
        .from(deliveries)
        .innerJoin(events, eq(events.number, deliveries.number))
        .where(and(eq(deliveries.receiver, receiver), isPending))
        .orderBy(asc(deliveries.number))
        .limit(MAX_PENDING),

    async listAges(receivers) {
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
        .where(inArray(places.receiver, [...receivers]))
      return new Map(rows.map((row) => [row.receiver, row.age]))
    },

    list: (receivers) =>
      database
        .select({
          receiver: places.receiver,
          lastNumber: places.lastNumber,
          pending: countOf('pending'),
          dead: countOf('dead'),
          failure: oldestFailure,
        })
        .from(places)
        .leftJoin(
          deliveries,
          and(eq(deliveries.receiver, places.receiver), ne(deliveries.state, 'delivered')),
        )
        .where(inArray(places.receiver, [...receivers]))
        .groupBy(places.receiver)
        .orderBy(asc(places.receiver)),
  }
}
