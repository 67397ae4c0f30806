import {
  type CookieStore,
  createCookieStore,
  createPortcullisClient,
} from '@portcullis/client/node'
import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppRouter } from '../src/app-router.ts'
import { type Constellation, startConstellation } from './constellation.ts'

const ada = { email: 'ada@example.com', password: 'portcullis' }
const grace = { ...ada, email: 'grace@example.com' }
let running: Constellation

beforeAll(async () => {
  running = await startConstellation({ gateways: 2, orders: 2 })
})
afterAll(() => running?.[Symbol.asyncDispose]())

function connect(options: { cookies?: CookieStore; onSessionEnded?: () => void } = {}) {
  const url = running.gateways[0]?.url ?? ''
  return createPortcullisClient<AppRouter>({ url, ...options })
}

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

describe('gateway, accounts and orders as separate processes', () => {
  it('serve one person from sign-in to sign-out, after which the session is refused everywhere', async () => {
    const client = connect()
    const session = await client.session.signIn.mutate(ada)
    expect(session).toMatchObject({ current: true, organization: 'org_acme' })

    const [me, listed] = await Promise.all([client.accounts.me.query(), client.orders.list.query()])
    expect(me).toMatchObject({ subject: 'usr_ada', organization: 'org_acme' })
    expect(listed.orders).toEqual([])

    const { lastEventId } = listed
    const placed = await client.orders.create.mutate({ item: 'Anvil', quantity: 2 })
    for await (const change of client.orders.onChange.subscribe({ lastEventId })) {
      expect(change).toEqual({ id: 'org_acme.1', data: placed })
      break
    }

    await client.session.signOut.mutate()
    const refused = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } }
    await expect(client.orders.list.query()).rejects.toMatchObject(refused)
    await expect(client.accounts.me.query()).rejects.toMatchObject(refused)
    expect(await client.session.me.query()).toBeNull()
  })

  it('end a subscription, and tell the client once, when its session is revoked from another device', async () => {
    const cookies = createCookieStore()
    let ended = 0
    const onSessionEnded = () => {
      ended += 1
    }
    const watching = connect({ cookies, onSessionEnded })
    const { id } = await watching.session.signIn.mutate(ada)
    const { lastEventId } = await watching.orders.list.query()
    const watch = async () => {
      for await (const _ of watching.orders.onChange.subscribe({ lastEventId }));
    }
    const watched = expect(watch()).rejects.toMatchObject({ data: { code: 'UNAUTHORIZED' } })

    const other = connect()
    await other.session.signIn.mutate(ada)
    expect(await other.session.revoke.mutate({ session: id })).toMatchObject({ ended: 1 })
    await watched
    await expect(watching.orders.list.query()).rejects.toThrow()
    expect(ended).toBe(1)
    expect(await other.session.list.query()).toHaveLength(1)
  })

  it('keep the orders of one organization from a person who has another one active', async () => {
    const client = connect()
    await client.session.signIn.mutate(ada)
    const { id } = await client.orders.create.mutate({ item: 'Rocket', quantity: 1 })
    await client.session.switchOrganization.mutate({ organization: 'org_globex' })
    await expect(client.orders.get.query({ id })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    })
    expect((await client.accounts.me.query()).organization).toBe('org_globex')
  })

  it('refuse a wrong password and an internal procedure', async () => {
    const client = connect()
    const wrong = client.session.signIn.mutate({ ...ada, password: 'wrong' })
    await expect(wrong).rejects.toMatchObject({ data: { code: 'UNAUTHORIZED' } })
    const claims = client.accounts.internal.claims.query({ subject: 'usr_ada', atLeast: 0 })
    await expect(claims).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } })
  })
})

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
