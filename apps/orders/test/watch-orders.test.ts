import { createId, type OrganizationId } from '@portcullis/context'
import { createLogger } from '@portcullis/runtime'
import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChangeFeed } from '../src/change-feed.ts'
import type { OrderStore } from '../src/order-store.ts'
import { watchOrders } from '../src/watch-orders.ts'
import { type Stores, startStores } from './stores.ts'

const logger = createLogger({ name: 'orders', level: 'silent' })
let started: Stores
let here: OrderStore
let there: OrderStore

beforeAll(async () => {
  started = await startStores(2)
  ;[here, there] = started.stores as [OrderStore, OrderStore]
})
afterAll(() => started?.[Symbol.asyncDispose]())

const order = { item: 'Anvil', quantity: 1, placedBy: 'usr_ada' } as const

/** A subscriber on this instance: what it has been given so far, as [id, item]. */
function subscribe(
  organization: OrganizationId,
  options: { lastEventId?: string; pollIntervalMs?: number } = {},
) {
  const { lastEventId, pollIntervalMs = 20 } = options
  const ending = new AbortController()
  const feed = createChangeFeed({ store: here, logger, pollIntervalMs })
  const seen: [id: string, item: string][] = []
  const { signal } = ending
  const events = watchOrders({ store: here, feed, organization, lastEventId, signal })
  const done = (async () => {
    for await (const [id, { item }] of events) seen.push([id, item])
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
  it('hears of a change made on another instance, and only of one’s own organization', async () => {
    const organization = createId('org')
    await there.create(organization, { ...order, item: 'before' })
    await using subscriber = subscribe(organization, { lastEventId: `${organization}.1` })
    await there.create(createId('org'), order)
    await there.create(organization, { ...order, item: 'after' })
    await eventually(() => expect(subscriber.seen).toEqual([[`${organization}.2`, 'after']]))
  })

  it('hears at once of a change made on its own', async () => {
    const organization = createId('org')
    const options = { lastEventId: `${organization}.0`, pollIntervalMs: 2 ** 31 - 1 }
    await using subscriber = subscribe(organization, options)
    await eventually(async () => {
      await here.create(organization, order)
      subscriber.feed.look()
      expect(subscriber.seen.length).toBeGreaterThan(0)
    })
  })

  it('goes on after the last id it saw, with each order in its newest state', async () => {
    const organization = createId('org')
    const first = await here.create(organization, { ...order, item: 'first' })
    await here.create(organization, { ...order, item: 'second' })
    await here.cancel(organization, first.id)
    await using subscriber = subscribe(organization, { lastEventId: `${organization}.1` })
    const expected = [
      [`${organization}.2`, 'second'],
      [`${organization}.3`, 'first'],
    ]
    await eventually(() => expect(subscriber.seen).toEqual(expected))
  })

  it('begins now for one who comes with the id of another organization, or with none', async () => {
    const organization = createId('org')
    await here.create(organization, { ...order, item: 'before' })
    await using stranger = subscribe(organization, { lastEventId: 'org_globex.0' })
    await using newcomer = subscribe(organization)
    await eventually(async () => {
      await here.create(organization, { ...order, item: 'after' })
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
