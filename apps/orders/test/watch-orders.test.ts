import { createLogger } from '@portcullis/runtime'
import { eventually } from '@portcullis/testing'
import { describe, expect, it } from 'vitest'
import { createChangeFeed } from '../src/change-feed.ts'
import type { OrderStore } from '../src/order-store.ts'
import { watchOrders } from '../src/watch-orders.ts'
import { startStores } from './store.ts'

const logger = createLogger({ name: 'orders', level: 'silent' })
const organization = 'org_acme'
const order = { item: 'Anvil', quantity: 1, placedBy: 'usr_ada' } as const

/** A subscriber on an instance: what it has been given so far, as [id, item]. */
function subscribe(store: OrderStore, options: { lastEventId?: string; pollIntervalMs?: number }) {
  const { lastEventId, pollIntervalMs = 20 } = options
  const ending = new AbortController()
  const feed = createChangeFeed({ store, logger, pollIntervalMs })
  const seen: [id: string, item: string][] = []
  const { signal } = ending
  const done = (async () => {
    for await (const event of watchOrders({ store, feed, organization, lastEventId, signal })) {
      seen.push([event[0], event[1].item])
    }
  })()
  return {
    seen,
    feed,
    async [Symbol.asyncDispose]() {
      ending.abort()
      await done
      feed[Symbol.dispose]()
    },
  }
}

describe('watching orders', () => {
  it('hears of a change made on another instance', async () => {
    await using started = await startStores(2)
    const [here, there] = started.stores as [OrderStore, OrderStore]
    await there.create(organization, { ...order, item: 'before' })
    await using subscriber = subscribe(here, { lastEventId: 'org_acme.1' })
    await there.create('org_globex', order)
    await there.create(organization, { ...order, item: 'after' })
    await eventually(() => expect(subscriber.seen).toEqual([['org_acme.2', 'after']]))
  })

  it('hears at once of a change made on its own', async () => {
    await using started = await startStores(1)
    const [store] = started.stores as [OrderStore]
    const never = 2 ** 31 - 1
    await using subscriber = subscribe(store, { lastEventId: 'org_acme.0', pollIntervalMs: never })
    await eventually(async () => {
      await store.create(organization, order)
      subscriber.feed.look()
      expect(subscriber.seen.length).toBeGreaterThan(0)
    })
  })

  it('goes on after the last id it saw, with each order in its newest state', async () => {
    await using started = await startStores(1)
    const [store] = started.stores as [OrderStore]
    const first = await store.create(organization, { ...order, item: 'first' })
    await store.create(organization, { ...order, item: 'second' })
    await store.cancel(organization, first.id)
    await using subscriber = subscribe(store, { lastEventId: 'org_acme.1' })
    const expected = [
      ['org_acme.2', 'second'],
      ['org_acme.3', 'first'],
    ]
    await eventually(() => expect(subscriber.seen).toEqual(expected))
  })

  it('begins now for one who comes with the id of another organization, or with none', async () => {
    await using started = await startStores(1)
    const [store] = started.stores as [OrderStore]
    await store.create(organization, { ...order, item: 'before' })
    await using stranger = subscribe(store, { lastEventId: 'org_globex.0' })
    await using newcomer = subscribe(store, {})
    await eventually(async () => {
      await store.create(organization, { ...order, item: 'after' })
      expect(newcomer.seen.length * stranger.seen.length).toBeGreaterThan(0)
    })
    expect([...stranger.seen, ...newcomer.seen].map(([, item]) => item)).not.toContain('before')
  })

  it('asks the database once an interval for all its subscribers, and not at all for none', async () => {
    const asked: string[][] = []
    const lastChanges: OrderStore['lastChanges'] = async (organizations) => {
      asked.push(organizations)
      return []
    }
    using feed = createChangeFeed({ store: { lastChanges }, logger, pollIntervalMs: 5 })
    const ending = new AbortController()
    feed.look()
    expect(asked).toEqual([])
    const waiting = ['org_acme', 'org_globex', 'org_acme'] as const
    const waits = waiting.map((name) => feed.waitForChange(name, 0, ending.signal))
    await eventually(() => expect(asked.length).toBeGreaterThan(1))
    for (const organizations of asked) expect(organizations).toEqual(['org_acme', 'org_globex'])
    ending.abort()
    await Promise.all(waits)
  })
})
