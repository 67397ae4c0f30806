import { createId, type OrganizationId, type SubjectId } from '@portcullis/context'
import { and, asc, desc, eq, getTableColumns, gt, inArray, lt, sql } from 'drizzle-orm'
import type { Database, Transaction } from './database/database.ts'
import { changes, orders } from './database/schema.ts'

type Order = Omit<typeof orders.$inferSelect, 'organization'>

/** Orders by organization. Nothing here reaches another organization's. */
export interface OrderStore {
  /** The last changed first; `cursor` is the change of the last order of the page before. */
  list(
    organization: OrganizationId,
    page: { limit: number; cursor?: number | null | undefined },
  ): Promise<Order[]>
  get(organization: OrganizationId, id: string): Promise<Order | undefined>
  create(
    organization: OrganizationId,
    order: { item: string; quantity: number; placedBy: SubjectId },
  ): Promise<Order>
  /** Undefined if there is none that is open. */
  cancel(organization: OrganizationId, id: string): Promise<Order | undefined>
  /** Orders changed after that change, in the order of their last change. */
  changedAfter(organization: OrganizationId, change: number, limit: number): Promise<Order[]>
  /** The last change of each of these organizations that has had any. */
  lastChanges(organizations: OrganizationId[]): Promise<(typeof changes.$inferSelect)[]>
}

export function createOrderStore(database: Database): OrderStore {
  return {
    list: async (organization, { limit, cursor }) =>
      database
        .select(visible)
        .from(orders)
        .where(
          and(
            eq(orders.organization, organization),
            cursor ? lt(orders.change, cursor) : undefined,
          ),
        )
        .orderBy(desc(orders.change))
        .limit(limit),

    get: async (organization, id) =>
      database.select(visible).from(orders).where(named(organization, id)).then(first),

    create: (organization, order) =>
      database.transaction(async (tx) => {
        const change = await nextChange(tx, organization)
        const row = { ...order, id: createId('ord'), organization, change, status: 'open' as const }
        return tx.insert(orders).values(row).returning(visible).then(only)
      }),

    cancel: (organization, id) =>
      database.transaction(async (tx) => {
        const open = and(named(organization, id), eq(orders.status, 'open'))
        const [found] = await tx.select({ id: orders.id }).from(orders).where(open).for('update')
        if (!found) return undefined
        const change = await nextChange(tx, organization)
        const cancelled = { status: 'cancelled' as const, change }
        return tx.update(orders).set(cancelled).where(open).returning(visible).then(first)
      }),

    changedAfter: async (organization, change, limit) =>
      database
        .select(visible)
        .from(orders)
        .where(and(eq(orders.organization, organization), gt(orders.change, change)))
        .orderBy(asc(orders.change))
        .limit(limit),

    lastChanges: async (organizations) =>
      database.select().from(changes).where(inArray(changes.organization, organizations)),
  }
}

const { organization: _, ...visible } = getTableColumns(orders)

const named = (organization: OrganizationId, id: string) =>
  and(eq(orders.organization, organization), eq(orders.id, id))

// It keeps the row locked until the transaction ends, so whoever can read a change can read all before it.
async function nextChange(tx: Transaction, organization: OrganizationId): Promise<number> {
  const raised = await tx
    .insert(changes)
    .values({ organization, last: 1 })
    .onConflictDoUpdate({ target: changes.organization, set: { last: sql`${changes.last} + 1` } })
    .returning({ last: changes.last })
  return only(raised).last
}

const first = <Row>(rows: Row[]): Row | undefined => rows[0]
const only = <Row>(rows: Row[]): Row => rows[0] as Row
