import {
  type CookieStore,
  createCookieStore,
  createPortcullisClient,
} from '@portcullis/client/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppRouter } from '../src/app-router.ts'
import { type Constellation, startConstellation } from './constellation.ts'

const ada = { email: 'ada@example.com', password: 'portcullis' }
let running: Constellation

beforeAll(async () => {
  running = await startConstellation()
})
afterAll(() => running?.[Symbol.asyncDispose]())

function connect(options: { cookies?: CookieStore; onSessionEnded?: () => void } = {}) {
  const url = running.gateways[0]?.url ?? ''
  return createPortcullisClient<AppRouter>({ url, ...options })
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
    expect(await other.session.revoke.mutate({ session: id })).toEqual({ ended: 1 })
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
