import type { OrganizationId } from '@portcullis/context'
import { tracked } from '@trpc/server'
import type { ChangeFeed } from './change-feed.ts'
import { parseChangeId, toChangeId } from './change-id.ts'
import type { OrderStore } from './order-store.ts'

/** What a subscriber holds in memory at most. */
const PAGE = 100

/**
 * Each order that changes, in its newest state, until the signal aborts. After `lastEventId` nothing is missing, however
 * long ago that was; without one, or with one of another organization, it begins now.
 */
export async function* watchOrders(options: {
  store: OrderStore
  feed: ChangeFeed
  organization: OrganizationId
  lastEventId?: string | null | undefined
  signal: AbortSignal
}) {
  const { store, feed, organization, signal } = options
  let change =
    parseChangeId(organization, options.lastEventId) ?? (await lastChange(store, organization))
  while (!signal.aborted) {
    const page = await store.changedAfter(organization, change, PAGE)
    for (const order of page) {
      if (signal.aborted) return
      yield tracked(toChangeId(organization, order.change), order)
      change = order.change
    }
    if (page.length < PAGE) await feed.waitForChange(organization, change, signal)
  }
}

async function lastChange(store: OrderStore, organization: OrganizationId): Promise<number> {
  const [row] = await store.lastChanges([organization])
  return row?.last ?? 0
}
