import { createId } from '@portcullis/context'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderStore } from '../src/order-store.ts'
import { type Stores, startStores } from './stores.ts'

const order = { item: 'Anvil', quantity: 1, placedBy: 'usr_ada' } as const
let started: Stores
let store: OrderStore
let other: OrderStore

beforeAll(async () => {
  started = await startStores(2)
  ;[store, other] = started.stores as [OrderStore, OrderStore]
})
afterAll(() => started?.[Symbol.asyncDispose]())

describe('the store', () => {
  it('keeps the orders of organizations apart', async () => {
    const [own, foreign] = [createId('org'), createId('org')]
    const placed = await store.create(own, order)
    expect(await store.get(own, placed.id)).toEqual(placed)
    expect(await store.get(foreign, placed.id)).toBeUndefined()
    expect(await store.cancel(foreign, placed.id)).toBeUndefined()
    expect(await store.list(foreign, { limit: 10 })).toEqual([])
    expect(await store.changedAfter(foreign, 0, 10)).toEqual([])
  })

  it('lists the last changed first, page by page', async () => {
    const organization = createId('org')
    const first = await store.create(organization, { ...order, item: 'first' })
    await store.create(organization, { ...order, item: 'second' })
    await store.cancel(organization, first.id)
    const [newest] = await store.list(organization, { limit: 1 })
    expect(newest).toMatchObject({ id: first.id, status: 'cancelled', change: 3 })
    const older = await store.list(organization, { limit: 10, cursor: newest?.change })
    expect(older.map(({ item }) => item)).toEqual(['second'])
  })

  it('counts no change for what changes nothing', async () => {
    const organization = createId('org')
    const { id } = await store.create(organization, order)
    await store.cancel(organization, id)
    expect(await store.cancel(organization, id)).toBeUndefined()
    expect(await store.cancel(organization, 'ord_unknown')).toBeUndefined()
    expect(await store.lastChanges([organization])).toEqual([{ organization, last: 2 }])
  })

  it('numbers the changes of an organization without a gap, whichever instances make them at once', async () => {
    const organization = createId('org')
    const places = Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other))
    const placed = await Promise.all(places.map((instance) => instance.create(organization, order)))
    const numbers = placed.map(({ change }) => change).sort((a, b) => a - b)
    expect(numbers).toEqual(Array.from(places, (_, index) => index + 1))
  })

  it('shows no change before all that have a lower number', async () => {
    const organization = createId('org')
    const writing = (async () => {
      for (let made = 0; made < 20; made++) await other.create(organization, order)
    })()
    const seen: number[] = []
    while (seen.length < 20) {
      const page = await store.changedAfter(organization, seen.at(-1) ?? 0, 100)
      seen.push(...page.map(({ change }) => change))
    }
    await writing
    expect(seen).toEqual(Array.from(seen, (_, index) => index + 1))
  })
})
