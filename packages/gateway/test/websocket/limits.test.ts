import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkRateLimits } from '../../src/guard/rate-limits/rate-limit.ts'
import { codeOf, hear } from '../revocation/harness.ts'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import {
  createSocketClient,
  openRaw,
  type SocketService,
  startSocketService,
  statusOf,
} from './harness.ts'

let orders: SocketService

beforeAll(async () => {
  orders = await startSocketService('orders')
})
afterAll(() => orders[Symbol.asyncDispose]())

type Limits = Parameters<typeof startDataPath>[0]['limits']
const start = (limits: Limits = {}) =>
  startDataPath({ services: { orders: orders.url }, limits: limits as object })

const call = (id: number, path: string, method = 'query', input?: unknown) => ({
  id,
  method,
  params: { path, input },
})
const errorOf = (answer: unknown) => codeOf((answer as { error: unknown }).error)

describe('a socket bears', () => {
  test('so many queries and mutations at once', async () => {
    await using gateway = await start({ socketCalls: 2 })
    using raw = await openRaw(gateway.url)
    raw.send([call(1, 'orders.wait'), call(2, 'orders.wait'), call(3, 'orders.hello')])
    const [refused] = await raw.next()
    expect(refused).toMatchObject({ id: 3 })
    expect(errorOf(refused)).toBe('TOO_MANY_REQUESTS ERR_SOCKET_CALLS_EXCEEDED')
  })

  test('so many subscriptions at once, and others when they are stopped', async () => {
    await using gateway = await start({ socketSubscriptions: 1 })
    using raw = await openRaw(gateway.url)
    const count = (id: number) => call(id, 'orders.count', 'subscription', { to: 0 })
    raw.send([count(1), count(2), call(3, 'orders.hello')])
    const answers = await raw.next(3)
    expect(answers.find((answer) => (answer as { id: number }).id === 2)).toHaveProperty('error')
    raw.send({ id: 1, method: 'subscription.stop' })
    expect(await raw.next()).toEqual([{ id: 1, result: { type: 'stopped' } }])
    raw.send(count(4))
    expect(await raw.next()).toEqual([{ id: 4, result: { type: 'started' } }])
  })

  test('one call an id', async () => {
    await using gateway = await start()
    using raw = await openRaw(gateway.url)
    raw.send(call(1, 'orders.wait'))
    raw.send(call(1, 'orders.hello'))
    const [refused] = await raw.next()
    expect(errorOf(refused)).toBe('BAD_REQUEST ERR_SOCKET_ID_TAKEN')
  })

  test('so many calls a frame, and frames of so many bytes', async () => {
    await using gateway = await start({ batchSize: 2, socketMessageBytes: 1_000 })
    using raw = await openRaw(gateway.url)
    raw.send([1, 2, 3].map((id) => call(id, 'orders.hello')))
    const refused = await raw.next(3)
    expect(refused.map(errorOf)).toEqual(Array(3).fill('BAD_REQUEST ERR_BATCH_TOO_LARGE'))
    raw.send(call(4, 'orders.echo', 'query', 'x'.repeat(2_000)))
    expect(await raw.closed).toBe(1009)
  })

  test('a service that does not answer for so long', async () => {
    await using gateway = await start({ upstreamTimeoutMs: 100 })
    using raw = await openRaw(gateway.url)
    raw.send(call(1, 'orders.wait'))
    const [refused] = await raw.next()
    expect(errorOf(refused)).toBe('GATEWAY_TIMEOUT ERR_SERVICE_TIMEOUT')
  })
})

test('rate limits hold on a socket: it is the calls that are counted', async () => {
  const limit = {
    name: 'hellos',
    calls: 'orders.hello',
    by: 'session',
    limit: 2,
    windowSeconds: 60,
  } as const
  await using gateway = await startDataPath({
    services: { orders: orders.url },
    rateLimits: checkRateLimits([limit]),
  })
  const headers = { cookie: SESSION_COOKIE }
  using raw = await openRaw(gateway.url, headers)
  raw.send([1, 2, 3].map((id) => call(id, 'orders.hello')))
  const answers = await raw.next(3)
  const refused = answers.filter((answer) => 'error' in (answer as object))
  expect(refused).toMatchObject([{ id: 3 }])
  expect(errorOf(refused[0])).toBe('TOO_MANY_REQUESTS ERR_RATE_LIMITED')
  raw.send(call(4, 'orders.echo', 'query', 1))
  expect(await raw.next()).toMatchObject([{ id: 4, result: {} }])
})

describe('so many sockets are open', () => {
  test('of one session and from one address; a closed one makes room', async () => {
    await using gateway = await start({ socketsPerSession: 1, socketsPerAddress: 2 })
    using mine = await openRaw(gateway.url, { cookie: SESSION_COOKIE })
    expect(await statusOf(gateway.url, { cookie: SESSION_COOKIE })).toBe(429)
    using other = await openRaw(gateway.url)
    expect(await statusOf(gateway.url)).toBe(429)
    other.socket.close()
    mine.socket.close()
    await eventually(async () => {
      expect(await statusOf(gateway.url, { cookie: SESSION_COOKIE })).toBe(101)
    })
  })

  test('to one service', async () => {
    await using gateway = await start({ serviceSockets: 1 })
    using first = await openRaw(gateway.url)
    using second = await openRaw(gateway.url)
    first.send(call(1, 'orders.hello'))
    expect(await first.next()).toMatchObject([{ result: { data: 'hello' } }])
    second.send(call(1, 'orders.hello'))
    const [refused] = await second.next()
    expect(errorOf(refused)).toBe('TOO_MANY_REQUESTS ERR_SOCKETS_EXCEEDED')
  })
})

test('a client that does not read stops the service, and gets everything when it reads again', async () => {
  await using gateway = await start({ socketBufferedBytes: 200_000 })
  using raw = await openRaw(gateway.url)
  raw.socket.pause()
  raw.send(call(1, 'orders.flood', 'subscription', 200))
  const waiting = () => [...orders.sockets].map(({ bufferedAmount }) => bufferedAmount)
  // The service sends on without looking: what the gateway does not take is there.
  await eventually(() => expect(Math.max(...waiting())).toBeGreaterThan(5_000_000))
  raw.socket.resume()
  await eventually(() => expect(raw.frames).toHaveLength(202))
})

test('a client that only writes is not read any more when it has to read first', async () => {
  await using gateway = await start({ socketBufferedBytes: 50_000 })
  using raw = await openRaw(gateway.url)
  raw.socket.pause()
  // Each would be answered at once, by the gateway alone.
  const nonsense = '{'.padEnd(1_000)
  for (let i = 0; i < 20_000; i++) raw.send(nonsense)
  await eventually(() => expect(raw.socket.bufferedAmount).toBeGreaterThan(1_000_000))
  raw.socket.resume()
  await eventually(() => expect(raw.frames).toHaveLength(20_000), { timeoutMs: 20_000 })
})

test('a client that has gone without a word is let go, and so is what it opened', async () => {
  await using gateway = await start({ socketIdleTimeoutMs: 2_000 })
  const silent = connect(gateway.port, '127.0.0.1')
  const key = Buffer.alloc(16).toString('base64')
  silent.write(
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  )
  silent.resume()
  using alive = await openRaw(gateway.url)
  await once(silent, 'close')
  expect(alive.socket.readyState).toBe(alive.socket.OPEN)
})

test('after its lifetime a client is told to open another socket, and loses nothing', async () => {
  await using gateway = await start({ socketLifetimeMs: 200 })
  await using client = createSocketClient(gateway.url)
  const heard = hear<{ data: number }>((callbacks) =>
    client.api.orders.count.subscribe({ to: 2 }, callbacks as never),
  )
  await eventually(() => expect(client.opens).toBeGreaterThan(1))
  await eventually(() => expect(heard.data.map(({ data }) => data)).toEqual([1, 2]))
  expect(heard).toMatchObject({ connections: 1, end: null })
  heard.stop()
})

describe('when the gateway closes', () => {
  test('sockets without a call are closed with 1012 at once', async () => {
    await using gateway = await start()
    using raw = await openRaw(gateway.url)
    raw.send(call(1, 'orders.count', 'subscription', { to: 1 }))
    await raw.next(2)
    const startedAt = performance.now()
    await gateway.close()
    expect(await raw.closed).toBe(1012)
    expect(performance.now() - startedAt).toBeLessThan(1_500)
  })

  test('calls under way are answered before, and no other is taken', async () => {
    const service = await startSocketService('orders')
    await using _ = service
    await using gateway = await startDataPath({ services: { orders: service.url } })
    using raw = await openRaw(gateway.url)
    raw.send(call(1, 'orders.held'))
    raw.send(call(2, 'orders.hello'))
    await raw.next()
    const closed = gateway.close()
    expect(await raw.next()).toEqual([{ id: null, method: 'reconnect' }])
    raw.send(call(3, 'orders.hello'))
    const [refused] = await raw.next()
    expect(errorOf(refused)).toBe('SERVICE_UNAVAILABLE ERR_SOCKET_CLOSING')
    service.release()
    expect(await raw.next()).toEqual([{ id: 1, result: { type: 'data', data: 'released' } }])
    expect(await raw.closed).toBe(1012)
    await closed
  })

  test('one whose client does not answer does not hold it up', async () => {
    await using gateway = await start({ drainTimeoutMs: 1_000 })
    using raw = await openRaw(gateway.url)
    raw.send(call(1, 'orders.wait'))
    raw.send(call(2, 'orders.hello'))
    await raw.next()
    raw.socket.pause()
    const closed = gateway.close().then(() => 'closed')
    expect(await Promise.race([closed, setTimeout(8_000)])).toBe('closed')
  })
})
