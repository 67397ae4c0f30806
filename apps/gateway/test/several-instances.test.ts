import { createCookieStore, createPortcullisClient } from '@portcullis/client/node'
import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppRouter } from '../src/app-router.ts'
import { type Constellation, startConstellation } from './constellation.ts'

const grace = { email: 'grace@example.com', password: 'portcullis' }
let running: Constellation

beforeAll(async () => {
  running = await startConstellation({ gateways: 2, orders: 2 })
})
afterAll(() => running?.[Symbol.asyncDispose]())

/** One device, signed in, as a client of each gateway. */
async function signIn() {
  const cookies = createCookieStore()
  const [first, second] = running.gateways.map(({ url }) =>
    createPortcullisClient<AppRouter>({ url, cookies }),
  )
  if (!first || !second) throw new Error('two gateways were asked for')
  const session = await first.session.signIn.mutate(grace)
  return { first, second, session }
}

describe('two gateways, each with an orders of its own', () => {
  it('know one session, and refuse it within a second after either has ended it', async () => {
    const { first, second, session } = await signIn()
    expect((await second.orders.list.query()).lastEventId).toMatch(/^org_acme\./)
    await first.session.revoke.mutate({ session: session.id })
    const refused = { data: { code: 'UNAUTHORIZED' } }
    await expect(first.orders.list.query()).rejects.toMatchObject(refused)
    const refusal = () => expect(second.orders.list.query()).rejects.toMatchObject(refused)
    await eventually(refusal, { timeoutMs: 1_000 })
  })

  it('tell a subscriber behind one of what was changed behind the other', async () => {
    const { first, second } = await signIn()
    const { lastEventId } = await first.orders.list.query()
    const changes = first.orders.onChange.subscribe({ lastEventId })
    const placed = await second.orders.create.mutate({ item: 'Anvil', quantity: 1 })
    expect((await changes.next()).value).toMatchObject({ data: placed })
    await changes.return?.()
  })

  it('say which service is away, go on with the others, and recover when it is back', async () => {
    const { first, second } = await signIn()
    const [orders] = running.orders
    await orders?.stop()
    const away = { data: { code: 'BAD_GATEWAY', portcullis: { code: 'ERR_SERVICE_UNREACHABLE' } } }
    const [list, me] = await Promise.allSettled([
      first.orders.list.query(),
      first.accounts.me.query(),
    ])
    expect(list).toMatchObject({ status: 'rejected', reason: away })
    expect(me).toMatchObject({ status: 'fulfilled', value: { subject: 'usr_grace' } })
    expect(await second.orders.list.query()).toBeDefined()
    await orders?.start()
    expect(await first.orders.list.query()).toBeDefined()
  })

  it('are joined by a third that was started after a session ended, and refuses it too', async () => {
    const { first, session } = await signIn()
    const other = await signIn()
    await other.first.session.revoke.mutate({ session: session.id })
    const { url } = await running.add('gateway')
    const cookies = createCookieStore()
    const third = createPortcullisClient<AppRouter>({ url, cookies })
    await third.session.signIn.mutate(grace)
    expect((await third.session.list.query()).map(({ id }) => id)).not.toContain(session.id)
    await expect(first.accounts.me.query()).rejects.toMatchObject({
      data: { code: 'UNAUTHORIZED' },
    })
  })
})
