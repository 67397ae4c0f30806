import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client'
import { describe, expect, it } from 'vitest'
import { createCookieStore, createNodeTransport, createPortcullisClient } from '../src/node.ts'
import { endSession, type StockRouter, startStockServer } from './stock-server.ts'

const password = 'portcullis'

describe('a client on Node', () => {
  it('carries the session it was given in batches and subscriptions, until it signs out', async () => {
    await using server = await startStockServer()
    const client = createPortcullisClient<StockRouter>({ url: server.url })
    const { session } = await client.session.signIn.mutate({ password })
    const [listed, me] = await Promise.all([client.orders.list.query(), client.session.me.query()])
    expect(listed.session).toBe(session)
    expect(me).toEqual({ session })
    for await (const change of client.orders.onChange.subscribe({})) {
      expect(change).toEqual({ id: '1', data: { order: 'ord_1', after: null } })
      break
    }
    await client.session.signOut.mutate()
    expect(await client.session.me.query()).toBeNull()
    expect(server.requests.at(-1)?.headers.cookie).toBeUndefined()
  })

  it('is a device of its own, unless it shares a cookie store', async () => {
    await using server = await startStockServer()
    const cookies = createCookieStore()
    const first = createPortcullisClient<StockRouter>({ url: server.url, cookies })
    const shared = createPortcullisClient<StockRouter>({ url: server.url, cookies })
    const other = createPortcullisClient<StockRouter>({ url: server.url })
    const { session } = await first.session.signIn.mutate({ password })
    expect(await shared.session.me.query()).toEqual({ session })
    expect(await other.session.me.query()).toBeNull()
    await cookies.clear()
    expect(await first.session.me.query()).toBeNull()
  })

  it('sends no Origin, as something that is not a browser', async () => {
    await using server = await startStockServer()
    const client = createPortcullisClient<StockRouter>({ url: server.url })
    await client.session.signIn.mutate({ password })
    for await (const _ of client.orders.onChange.subscribe({})) break
    expect(server.requests).toHaveLength(2)
    for (const { headers } of server.requests) {
      expect([headers.origin, headers['sec-fetch-site']]).toEqual([undefined, undefined])
    }
  })

  it('comes back with the last id it saw when a subscription is cut', async () => {
    await using server = await startStockServer()
    const client = createPortcullisClient<StockRouter>({ url: server.url })
    await client.session.signIn.mutate({ password })
    const seen: (string | null)[] = []
    for await (const change of client.orders.onChange.subscribe({})) {
      seen.push(change.data.after)
      if (seen.length === 2) break
      server.cut()
    }
    expect(seen).toEqual([null, '1'])
  })

  it('also works with the links of tRPC', async () => {
    await using server = await startStockServer()
    const { fetch, EventSource } = createNodeTransport()
    const client = createTRPCClient<StockRouter>({
      links: [
        splitLink({
          condition: (operation) => operation.type === 'subscription',
          true: httpSubscriptionLink({ url: server.url, EventSource }),
          false: httpBatchLink({ url: server.url, fetch }),
        }),
      ],
    })
    const { session } = await client.session.signIn.mutate({ password })
    expect((await client.orders.list.query()).session).toBe(session)
    for await (const change of client.orders.onChange.subscribe({})) {
      expect(change.id).toBe('1')
      break
    }
    endSession(session)
    await expect(client.orders.list.query()).rejects.toMatchObject({
      data: { code: 'UNAUTHORIZED' },
    })
  })
})

describe('batches', () => {
  it('hold at most 50 calls and 8000 characters of URL by default', async () => {
    await using server = await startStockServer()
    const client = createPortcullisClient<StockRouter>({ url: server.url })
    await client.session.signIn.mutate({ password })
    await Promise.all(Array.from({ length: 51 }, () => client.session.me.query()))
    const urls = server.requests.map((request) => request.url ?? '')
    expect(urls.slice(1).map((url) => url.split('session.me').length - 1)).toEqual([50, 1])
    const search = 'x'.repeat(5_000)
    await Promise.all([
      client.orders.list.query({ search }),
      client.orders.list.query({ search: `${search}y` }),
    ])
    expect(server.requests).toHaveLength(5)
  })

  it.each([{ maxItems: 0 }, { maxItems: 1.5 }, { maxURLLength: 99 }])(
    'refuse the limit %o by its name',
    (limit) => {
      const create = () =>
        createPortcullisClient<StockRouter>({ url: 'http://localhost', ...limit })
      expect(create).toThrow(TypeError)
      expect(create).toThrow(Object.keys(limit)[0])
    },
  )
})
