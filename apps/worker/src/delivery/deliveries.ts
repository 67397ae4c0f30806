import { and, eq, gt, inArray, lt, max, ne, sql } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { deliveries, events, places } from '../database/schema.ts'
import { createDeliveryReports, type DeliveryReports } from './delivery-reports.ts'
import { type Issuable, type Issued, issueNext } from './issue-next.ts'
import type { Receiver } from './receiver.ts'
import type { TrailEvent } from './security-event.ts'

export type DeliveryRow = typeof deliveries.$inferSelect

/** What was issued to whom, and what became of it. Every method rejects while Postgres is away. */
export interface Deliveries extends DeliveryReports {
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
  /** Puts a receiver back, or ahead: what comes after `after` is issued, anew if it was before. */
  replay(receiver: string, after: number): Promise<Replayed>
  /** Forgets what was settled longer ago. */
  forget(olderThanMs: number): Promise<void>
}

/** `ahead` if the trail has not got to that place: nothing that comes next would be told. */
type Replayed = 'replayed' | 'unknown' | 'ahead'

interface Key {
  readonly receiver: string
  readonly number: number
}

const isKey = ({ receiver, number }: Key) =>
  and(eq(deliveries.receiver, receiver), eq(deliveries.number, number))
const isPending = eq(deliveries.state, 'pending')
const ago = (ms: number) => sql`now() - ${ms} * interval '1 millisecond'`

export function createDeliveries(database: Database): Deliveries {
  return {
    ...createDeliveryReports(database),

    async begin({ name: receiver, from }) {
      const lastNumber = from === 'now' ? await readNewest(database) : 0
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

    replay: (receiver, after) =>
      database.transaction(async (tx) => {
        if (after > (await readNewest(tx))) return 'ahead'
        const moved = await tx
          .update(places)
          .set({ lastNumber: after, since: sql`now()` })
          .where(eq(places.receiver, receiver))
          .returning()
        if (moved.length === 0) return 'unknown'
        await tx
          .delete(deliveries)
          .where(
            and(
              eq(deliveries.receiver, receiver),
              gt(deliveries.number, after),
              inArray(deliveries.state, ['delivered', 'dead']),
            ),
          )
        return 'replayed'
      }),

    async forget(olderThanMs) {
      await database.delete(deliveries).where(lt(deliveries.settledAt, ago(olderThanMs)))
    },
  }
}

/** Number of the trail's newest entry; 0 if it has none. */
async function readNewest(database: Pick<Database, 'select'>): Promise<number> {
  const [newest] = await database.select({ number: max(events.number) }).from(events)
  return newest?.number ?? 0
}
