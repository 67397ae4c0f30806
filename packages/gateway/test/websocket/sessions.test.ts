import { createClaimsPublisher } from '@portcullis/revocation'
import { eventually, type RedisServer, startRedis, startTcpProxy } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, hear } from '../revocation/harness.ts'
import { createVisitor, newKeyspace, SECRET, startGateway } from '../support/start-gateway.ts'
import {
  createSocketClient,
  openRaw,
  type SocketClient,
  type SocketService,
  startSocketService,
  statusOf,
} from './harness.ts'

let redis: RedisServer
let orders: SocketService

beforeAll(async () => {
  redis = await startRedis()
  orders = await startSocketService('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

const start = (options: Partial<Parameters<typeof startGateway>[0]> = {}) =>
  startGateway({ redisUrl: redis.url, services: { orders: orders.url }, ...options })
const reason = 'test'
const REVOKED = 'UNAUTHORIZED ERR_SESSION_REVOKED'

async function openFor(url: string) {
  const visitor = createVisitor(url)
  await visitor.signIn()
  const client = createSocketClient(url, () => ({ cookie: visitor.cookie }))
  return { visitor, client }
}

function hearCount(client: SocketClient, to: number) {
  return hear<{ data: number }>((callbacks) =>
    client.api.orders.count.subscribe({ to }, callbacks as never),
  )
}

const contextOf = (token: string | string[] | null) =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())

describe('when the session ends', () => {
  test('calls and subscriptions fail for good, typed, and the socket is closed with 4401', async () => {
    await using gateway = await start()
    const { client } = await openFor(gateway.url)
    await using _ = client
    const heard = hearCount(client, 2)
    await eventually(() => expect(heard.data).toHaveLength(2))
    const hanging = client.api.orders.held.query().catch(codeOf)
    await client.api.orders.hello.query()
    await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason })
    expect(await hanging).toBe(REVOKED)
    await eventually(() => expect(heard.end).toBe(REVOKED))
    await eventually(() => expect(client.closes[0]).toBe(4401))
    await eventually(() => expect(orders.aborted).toContain('orders.count'))
    // The client is back, as nobody.
    await eventually(() => expect(client.opens).toBe(2))
    expect(await client.api.orders.who.query()).toBeNull()
    expect(await client.api.session.me.query()).toBeNull()
  })

  test('by the socket’s own call, that call is answered before', async () => {
    await using gateway = await start()
    const { client } = await openFor(gateway.url)
    await using _ = client
    const [mine] = await client.api.session.list.query()
    const ended = await client.api.session.revoke.mutate({ session: mine?.id as `ses_${string}` })
    expect(ended.ended).toBe(1)
    await eventually(() => expect(client.closes[0]).toBe(4401))
  })
})

test('after a change of organization or claims the client comes back at once, as who the person is now', async () => {
  const keyspace = newKeyspace()
  await using gateway = await start({ keyspace })
  const options = { redisUrl: redis.url, name: 'accounts', pepper: SECRET, keyspace }
  await using publisher = createClaimsPublisher(options)
  const { client } = await openFor(gateway.url)
  await using _ = client
  const heard = hearCount(client, 2)
  await eventually(() => expect(heard.data).toHaveLength(2))
  expect(contextOf(await client.api.orders.who.query())).toMatchObject({ org: 'org_acme' })
  const switched = client.api.session.switchOrganization.mutate({ organization: 'org_globex' })
  expect(await switched).toMatchObject({ organization: 'org_globex' })
  await eventually(() => expect(client.opens).toBe(2))
  expect(client.closes).toEqual([1012])
  expect(contextOf(await client.api.orders.who.query())).toMatchObject({ org: 'org_globex' })
  const change = { subject: 'usr_ada', version: 1, id: 'chg_1', cause: 'role-changed' } as const
  await publisher.publish(change)
  await eventually(() => expect(client.opens).toBe(3))
  // What was tracked went on where it was.
  await client.api.orders.hello.query()
  expect(heard.data.map(({ data }) => data)).toEqual([1, 2])
  expect(heard.end).toBeNull()
  heard.stop()
})

describe('without a lease', () => {
  test('nothing goes out; it goes on where it was when the lease is back', async () => {
    await using proxy = await startTcpProxy({ target: redis.url })
    await using gateway = await start({ redisUrl: proxy.url })
    const { client } = await openFor(gateway.url)
    await using _ = client
    await client.api.orders.hello.query()
    const held = client.api.orders.held.query()
    await client.api.orders.hello.query()
    proxy.dropDown()
    await eventually(async () => expect(await statusOf(gateway.url, { cookie: 'sid=x' })).toBe(503))
    let isAnswered = false
    void held.then(() => {
      isAnswered = true
    })
    orders.release()
    await new Promise((resolve) => setImmediate(resolve))
    expect(isAnswered).toBe(false)
    proxy.heal()
    expect(await held).toBe('released')
    expect(client.closes).toEqual([])
  }, 15_000)

  test('for too long, the socket is closed with 1013 and its calls fail', async () => {
    await using proxy = await startTcpProxy({ target: redis.url })
    await using gateway = await start({ redisUrl: proxy.url, limits: { streamPauseMs: 200 } })
    const { client } = await openFor(gateway.url)
    await using _ = client
    const heard = hear<number>((callbacks) =>
      client.api.orders.beats.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.data.length).toBeGreaterThan(2))
    const hanging = client.api.orders.wait.query().catch(codeOf)
    await client.api.orders.hello.query()
    proxy.dropDown()
    await eventually(() => expect(client.closes[0]).toBe(1013), { timeoutMs: 10_000 })
    expect(await hanging).toBe('SERVICE_UNAVAILABLE ERR_UNVERIFIABLE')
    proxy.heal()
    const before = heard.data.length
    await eventually(() => expect(heard.data.length).toBeGreaterThan(before), { timeoutMs: 10_000 })
    expect(heard.end).toBeNull()
    heard.stop()
  }, 30_000)
})

describe('the gateway’s own procedures', () => {
  test('answer over the socket, subscriptions too', async () => {
    await using gateway = await start()
    const { visitor, client } = await openFor(gateway.url)
    await using _ = client
    expect(await client.api.session.me.query()).toMatchObject({ subject: 'usr_ada' })
    expect(await client.api.session.list.query()).toHaveLength(1)
    const missing = client.api.session.revoke.mutate({ session: 'ses_0' }).catch(codeOf)
    expect(await missing).toMatch(/^(?:NOT_FOUND|BAD_REQUEST)/)
    const heard = hear<{ type: string }>((callbacks) =>
      client.api.session.events.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.connections).toBe(1))
    await visitor.api.session.switchOrganization.mutate({ organization: 'org_globex' })
    await eventually(() => expect(client.opens).toBe(2))
    heard.stop()
  })

  test('that set a cookie are refused, typed, before anything is done', async () => {
    await using gateway = await start()
    const { client } = await openFor(gateway.url)
    await using _ = client
    const before = gateway.verified()
    const credentials = { email: 'ada@example.com', password: 'portcullis' }
    const refused = 'METHOD_NOT_SUPPORTED ERR_HTTP_REQUIRED'
    expect(await client.api.session.signIn.mutate(credentials).catch(codeOf)).toBe(refused)
    expect(await client.api.session.signOut.mutate().catch(codeOf)).toBe(refused)
    expect(gateway.verified()).toBe(before)
    expect(await client.api.session.me.query()).not.toBeNull()
  })
})

describe('an upgrade', () => {
  test('from another origin is refused', async () => {
    await using gateway = await start()
    expect(await statusOf(gateway.url, { origin: 'https://evil.example' })).toBe(403)
    expect(await statusOf(gateway.url, { origin: 'http://127.0.0.1' })).toBe(101)
  })

  test('with a cookie that is of no use is nobody’s, and tells the client to forget it', async () => {
    await using gateway = await start()
    const { socket } = await openRaw(gateway.url)
    socket.terminate()
    const cookies: string[] = []
    const { WebSocket } = await import('ws')
    const raw = new WebSocket(gateway.url.replace('http', 'ws'), { headers: { cookie: 'sid=old' } })
    raw.on('upgrade', ({ headers }) => cookies.push(...(headers['set-cookie'] ?? [])))
    await new Promise((resolve) => raw.once('open', resolve))
    expect(cookies[0]).toMatch(/^sid=;/)
    raw.terminate()
  })

  test('to anything but a WebSocket is no upgrade, and odd targets are refused', async () => {
    await using gateway = await start()
    const response = await fetch(`${gateway.url}/healthz`, { headers: { upgrade: 'h2c' } }).catch(
      () => undefined,
    )
    expect(response === undefined || response.status === 200).toBe(true)
    for (const path of ['/..%2fx', '/a//b', '/?a=1&a=2', '/?%61=1', '/.hidden']) {
      expect(await statusOf(gateway.url + path)).toBe(400)
    }
  })
})
