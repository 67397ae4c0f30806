import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, hear } from '../revocation/harness.ts'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import { createSocketClient, openRaw, type SocketService, startSocketService } from './harness.ts'

let orders: SocketService
let users: SocketService

beforeAll(async () => {
  orders = await startSocketService('orders')
  users = await startSocketService('users')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await users[Symbol.asyncDispose]()
})

const start = (options: Partial<Parameters<typeof startDataPath>[0]> = {}) =>
  startDataPath({ services: { orders: orders.url, users: users.url }, ...options })

const call = (id: number, path: string, input?: unknown, method = 'query') => ({
  id,
  method,
  params: { path, input },
})

describe('one socket', () => {
  test('serves calls to several services, each over a socket of its own that opens with the first', async () => {
    await using gateway = await start()
    await using client = createSocketClient(gateway.url)
    const before = [orders.upgrades.length, users.upgrades.length]
    expect(await client.api.orders.hello.query()).toBe('hello')
    expect([orders.upgrades.length, users.upgrades.length]).toEqual([
      (before[0] ?? 0) + 1,
      before[1],
    ])
    const answers = await Promise.all([
      client.api.orders.echo.query({ a: [1, null, 'é'] }),
      client.api.users.add.mutate(1),
      client.api.users.fail.query().catch(codeOf),
    ])
    expect(answers).toEqual([{ input: { a: [1, null, 'é'] } }, 2, 'CONFLICT'])
    expect(orders.upgrades).toHaveLength((before[0] ?? 0) + 1)
    expect(client.opens).toBe(1)
  })

  test('passes payloads on byte by byte, and nothing of a message that it did not read', async () => {
    await using gateway = await start()
    using raw = await openRaw(gateway.url)
    raw.send(
      '{"id":7,"method":"query","extra":1,"params":{"path":"orders.echo","input":{"n":1.50,"big":9223372036854775808},"more":2}}',
    )
    const data = { input: { n: 1.5, big: 2 ** 63 } }
    expect(await raw.next()).toEqual([{ id: 7, result: { type: 'data', data } }])
  })

  test('answers what nobody serves, and what is no message, as a tRPC server does', async () => {
    await using gateway = await start()
    using raw = await openRaw(gateway.url)
    raw.send([call(1, 'nobody.x'), call(2, 'orders.hello')])
    const answers = await raw.next(2)
    expect(answers).toMatchObject([
      { id: 1, error: { data: { code: 'NOT_FOUND', path: 'nobody.x' } } },
      { id: 2, result: { data: 'hello' } },
    ])
    for (const bad of ['{', '7', '{"id":1}', '[{"id":1,"method":"query"}]', '{"id":null}']) {
      raw.send(bad)
      expect(await raw.next()).toMatchObject([
        { id: null, error: { data: { code: 'PARSE_ERROR' } } },
      ])
    }
    raw.socket.send(Buffer.from('{}'), { binary: true })
    expect(await raw.next()).toMatchObject([{ id: null, error: { data: { code: 'PARSE_ERROR' } } }])
    raw.send('PING')
    expect(await raw.next()).toEqual(['PONG'])
  })

  test('never lets a service answer a call that another one was asked', async () => {
    await using gateway = await start()
    using raw = await openRaw(gateway.url)
    raw.send([call(1, 'orders.held'), call(2, 'users.hello')])
    expect(await raw.next()).toMatchObject([{ id: 2 }])
    for (const socket of users.sockets) {
      socket.send('{"id":1,"result":{"type":"data","data":"forged"}}')
      socket.send('{"id":null,"method":"sudo"}')
      socket.send('nonsense')
    }
    raw.send(call(3, 'users.hello'))
    expect(await raw.next()).toMatchObject([{ id: 3 }])
    expect(raw.frames).toEqual([])
  })

  test('replays connection parameters and the query string to each service', async () => {
    await using gateway = await start()
    const url = `${gateway.url}/trpc?device=7`
    const options = { connectionParams: { token: 'abc' } }
    await using client = createSocketClient(url, undefined, options)
    const both = await Promise.all([
      client.api.orders.params.query(),
      client.api.users.params.query(),
    ])
    expect(both).toEqual([{ token: 'abc' }, { token: 'abc' }])
    expect(users.upgrades.at(-1)?.url).toBe('/?device=7&connectionParams=1')
  })

  test('closes one whose connection parameters cannot be read', async () => {
    await using gateway = await start()
    using raw = await openRaw(`${gateway.url}/?connectionParams=1`)
    raw.send('"token"')
    expect(await raw.next()).toMatchObject([{ id: null, error: { data: { code: 'PARSE_ERROR' } } }])
    expect(await raw.closed).toBe(1008)
  })
})

describe('a subscription', () => {
  test('starts, brings tracked events, and ends at the service when its client stops it', async () => {
    await using gateway = await start()
    await using client = createSocketClient(gateway.url)
    const heard = hear<{ id: string; data: number }>((callbacks) =>
      client.api.orders.count.subscribe({ to: 3 }, callbacks as never),
    )
    await eventually(() => expect(heard.data.map(({ data }) => data)).toEqual([1, 2, 3]))
    expect(heard.connections).toBe(1)
    const aborted = orders.aborted.length
    heard.stop()
    await eventually(() => expect(orders.aborted).toHaveLength(aborted + 1))
    expect(await client.api.orders.hello.query()).toBe('hello')
  })

  test('goes on after its last event when its service was lost, without its client noticing', async () => {
    const service = await startSocketService('users')
    await using routed = await start({ services: { orders: orders.url, users: service.url } })
    await using client = createSocketClient(routed.url)
    const heard = hear<{ data: number }>((callbacks) =>
      client.api.users.count.subscribe({ to: 3 }, callbacks as never),
    )
    await eventually(() => expect(heard.data).toHaveLength(3))
    const hanging = client.api.users.held.query().catch(codeOf)
    const other = client.api.orders.hello.query()
    await service[Symbol.asyncDispose]()
    expect(await hanging).toBe('BAD_GATEWAY ERR_SERVICE_UNREACHABLE')
    expect(await other).toBe('hello')
    await using again = await startSocketService('users', { port: service.port })
    await eventually(() => expect(again.counted).toEqual(['3']))
    heard.stop()
    await eventually(() => expect(again.aborted).toEqual(['users.count']))
    expect(heard.data.map(({ data }) => data)).toEqual([1, 2, 3])
    expect(heard).toMatchObject({ connections: 1, interruptions: [], end: 'completed' })
    expect(client.opens).toBe(1)
  })

  test('fails, typed, when its service stays away; other services’ calls go on', async () => {
    await using gateway = await start({
      services: { orders: orders.url, users: 'http://127.0.0.1:9' },
      limits: { socketResumeMs: 200 },
    })
    await using client = createSocketClient(gateway.url)
    const heard = hear((callbacks) =>
      client.api.users.count.subscribe({ to: 1 }, callbacks as never),
    )
    const query = client.api.users.hello.query().catch(codeOf)
    expect(await client.api.orders.hello.query()).toBe('hello')
    expect(await query).toBe('BAD_GATEWAY ERR_SERVICE_UNREACHABLE')
    await eventually(() => expect(heard.end).toBe('BAD_GATEWAY ERR_SERVICE_UNREACHABLE'))
  })
})

test('a PING behind a stop is answered when the service has said its last word, or takes too long', async () => {
  await using gateway = await start()
  using raw = await openRaw(gateway.url)
  raw.send(call(1, 'orders.beats', undefined, 'subscription'))
  await raw.next(3)
  raw.send({ id: 1, method: 'subscription.stop' })
  raw.send('PING')
  await eventually(() => expect(raw.frames).toContain('PONG'))
  await eventually(() => expect(raw.frames.join()).toContain('stopped'))
  const stopped = raw.frames.findIndex((frame) => frame.includes('stopped'))
  expect(raw.frames.indexOf('PONG')).toBe(stopped + 1)
  raw.send(call(2, 'orders.unstoppable', undefined, 'subscription'))
  await eventually(() => expect(raw.frames.join()).toContain('"id":2'))
  raw.frames.length = 0
  raw.send({ id: 2, method: 'subscription.stop' })
  raw.send('PING')
  expect(await raw.next()).toEqual(['PONG'])
})

test('a reconnect notification of a service has the client move to a new socket, losing nothing', async () => {
  await using gateway = await start()
  await using client = createSocketClient(gateway.url)
  const heard = hear<{ data: number }>((callbacks) =>
    client.api.orders.count.subscribe({ to: 2 }, callbacks as never),
  )
  await eventually(() => expect(heard.data).toHaveLength(2))
  orders.broadcastReconnect()
  await eventually(() => expect(client.closes).toHaveLength(1))
  expect(client.opens).toBe(2)
  expect(heard).toMatchObject({ connections: 1, end: null, interruptions: [] })
  expect(heard.data.map(({ data }) => data)).toEqual([1, 2])
  heard.stop()
})

test('a service that refuses the connection fails its own calls with its own error', async () => {
  await using closed = await startSocketService('users', {
    refuse: () => {
      throw Object.assign(new Error('not you'), { code: 'FORBIDDEN', name: 'TRPCError' })
    },
  })
  await using gateway = await start({ services: { orders: orders.url, users: closed.url } })
  await using client = createSocketClient(gateway.url)
  const refused = client.api.users.hello.query().catch((error) => error.message)
  expect(await refused).toBe('not you')
  expect(await client.api.orders.hello.query()).toBe('hello')
  expect(client.closes).toEqual([])
})

test('what a service gets carries the signed context, and neither the session cookie nor forged headers', async () => {
  await using gateway = await start()
  const headers = { cookie: `${SESSION_COOKIE}; theme=dark`, 'x-user-id': 'usr_root' }
  await using client = createSocketClient(gateway.url, () => headers)
  const seen = await client.api.orders.headers.query()
  expect(seen).toMatchObject({
    'x-portcullis-context': 'ctx.orders.usr_ada.0',
    cookie: 'theme=dark',
  })
  expect(seen).not.toHaveProperty('x-user-id')
})
