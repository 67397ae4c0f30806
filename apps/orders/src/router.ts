import type { OrganizationId } from '@portcullis/context'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { ChangeFeed } from './change-feed.ts'
import { toChangeId } from './change-id.ts'
import type { OrderStore } from './order-store.ts'
import { readProcedure, router, writeProcedure } from './trpc.ts'
import { watchOrders } from './watch-orders.ts'

export type OrdersRouter = ReturnType<typeof createOrdersRouter>

const orderId = z.object({ id: z.string().max(64) })
const orderPage = z.object({
  limit: z.int().min(1).max(100).default(50),
  cursor: z.int().positive().nullish(),
})
const newOrder = z.object({
  item: z.string().trim().min(1).max(200),
  quantity: z.int().min(1).max(1_000_000),
})
/** Items in one order at most, by the claim `plan`. */
const LARGEST_ORDER = { free: 10_000, team: 100_000, enterprise: 1_000_000 }
const watchFrom = z.object({ lastEventId: z.string().max(100).nullish() })

export function createOrdersRouter({ store, feed }: { store: OrderStore; feed: ChangeFeed }) {
  const find = async (organization: OrganizationId, id: string) => {
    const order = await store.get(organization, id)
    if (!order) throw new TRPCError({ code: 'NOT_FOUND', message: 'There is no such order' })
    return order
  }

  return router({
    /** The last changed first. Whoever goes on with `onChange` after its `lastEventId` misses nothing. */
    list: readProcedure.input(orderPage.prefault({})).query(async ({ ctx, input }) => {
      const { organization } = ctx.principal
      const orders = await store.list(organization, input)
      return {
        orders,
        nextCursor: orders.length === input.limit ? orders.at(-1)?.change : undefined,
        lastEventId: toChangeId(organization, orders[0]?.change ?? 0),
      }
    }),

    get: readProcedure
      .input(orderId)
      .query(({ ctx, input }) => find(ctx.principal.organization, input.id)),

    create: writeProcedure.input(newOrder).mutation(async ({ ctx, input }) => {
      const { organization, subject, custom } = ctx.principal
      if (input.quantity > LARGEST_ORDER[custom.plan]) {
        throw new TRPCError({ code: 'FORBIDDEN', message: 'The plan does not allow so many' })
      }
      const order = await store.create(organization, { ...input, placedBy: subject })
      feed.look()
      return order
    }),

    /** Cancelling twice changes nothing the second time. Nothing brings an order back, so the last word counts. */
    cancel: writeProcedure
      .meta({ freshness: 'strict' })
      .input(orderId)
      .mutation(async ({ ctx, input }) => {
        const { organization } = ctx.principal
        const order = await store.cancel(organization, input.id)
        if (!order) return find(organization, input.id)
        feed.look()
        return order
      }),

    /** Each order that changes, on whichever instance, in its newest state. */
    onChange: readProcedure.input(watchFrom.prefault({})).subscription(({ ctx, input }) => {
      const { organization } = ctx.principal
      return watchOrders({ store, feed, organization, ...input, signal: ctx.signal })
    }),
  })
}
