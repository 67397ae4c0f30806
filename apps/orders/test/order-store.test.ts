import { describe, expect, it } from 'vitest'
import type { OrderStore } from '../src/order-store.ts'
import { startStores } from './store.ts'

const placedBy = 'usr_ada'
const create = (store: OrderStore, organization: 'org_acme' | 'org_globex', item = 'Anvil') =>
  store.create(organization, { item, quantity: 1, placedBy })

describe('the store', () => {
  it('is migrated once by instances that start together', async () => {
    await using started = await startStores(3)
    for (const store of started.stores) expect(await store.lastChanges(['org_acme'])).toEqual([])
  })

  it('keeps the orders of organizations apart', async () => {
    await using started = await startStores(1)
    const [store] = started.stores as [OrderStore]
    const order = await create(store, 'org_acme')
    expect(await store.get('org_acme', order.id)).toEqual(order)
    expect(await store.get('org_globex', order.id)).toBeUndefined()
    expect(await store.cancel('org_globex', order.id)).toBeUndefined()
    expect(await store.list('org_globex', { limit: 10 })).toEqual([])
    expect(await store.changedAfter('org_globex', 0, 10)).toEqual([])
  })

  it('lists the last changed first, page by page', async () => {
    await using started = await startStores(1)
    const [store] = started.stores as [OrderStore]
    const first = await create(store, 'org_acme', 'first')
    await create(store, 'org_acme', 'second')
    await store.cancel('org_acme', first.id)
    const [newest] = await store.list('org_acme', { limit: 1 })
    expect(newest).toMatchObject({ id: first.id, status: 'cancelled', change: 3 })
    const older = await store.list('org_acme', { limit: 10, cursor: newest?.change })
    expect(older.map(({ item }) => item)).toEqual(['second'])
  })

  it('never shows a change before all that have a lower number', async () => {
    await using started = await startStores(3)
    const [reader, ...writers] = started.stores as [OrderStore, ...OrderStore[]]
    const seen: number[] = []
    const writing = writers.flatMap((store) =>
      Array.from({ length: 15 }, () => create(store, 'org_acme')),
    )
    while (seen.length < writing.length) {
      const page = await reader.changedAfter('org_acme', seen.at(-1) ?? 0, 100)
      seen.push(...page.map(({ change }) => change))
    }
    await Promise.all(writing)
    expect(seen).toEqual(Array.from(seen, (_, index) => index + 1))
  })
})
