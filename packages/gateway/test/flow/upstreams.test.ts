import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { startDataPath } from '../support/start-data-path.ts'
import { serve } from '../support/upstream.ts'
import { ask, findClosedPort, POST, serveWith, startNamed } from './servers.ts'

describe('several URLs of one service', () => {
  test('share its calls, the one that has less to do first', async () => {
    await using a = await startNamed('a')
    await using b = await startNamed('b')
    await using slow = await serveWith(() => {})
    const url = [a.url, b.url, slow.url]
    await using gateway = await startDataPath({ services: { orders: { url } } })
    const leaving = new AbortController()
    // Nothing is known of it yet: it gets its turn, and then, with one call pending, no more.
    const { signal } = leaving
    const hanging = Array.from({ length: 3 }, () =>
      ask(`${gateway.url}/orders.x`, { signal }).catch(() => 'left'),
    )
    await eventually(() => expect(slow.seen).toHaveLength(1))
    const answers = []
    for (let i = 0; i < 20; i++) answers.push((await ask(`${gateway.url}/orders.x`)).data)
    expect(answers.filter((name) => name === 'a').length).toBeGreaterThan(5)
    expect(answers.filter((name) => name === 'b').length).toBeGreaterThan(5)
    expect(slow.seen).toHaveLength(1)
    leaving.abort()
    await Promise.all(hanging)
  })

  test('stand in for each other when no connection can be made, for a POST of any size too', async () => {
    await using a = await startNamed('a')
    const url = [`http://127.0.0.1:${await findClosedPort()}`, a.url]
    await using gateway = await startDataPath({
      services: { orders: { url } },
      limits: { breakerOpenMs: 60_000, breakerMaxOpenMs: 60_000 },
    })
    const large = { ...POST, body: 'x'.repeat(500_000) }
    for (const init of [undefined, POST, large, undefined, POST, large]) {
      expect(await ask(`${gateway.url}/orders.x`, init)).toMatchObject({ status: 200, data: 'a' })
    }
    expect(a.seen.at(-1)?.headers['content-length']).toBe('500000')
  })

  test('stand in for each other when a GET dies before the first byte; a POST is sent once', async () => {
    await using dying = await serveWith((request) => request.socket.destroy())
    await using a = await startNamed('a')
    const url = [dying.url, a.url]
    await using gateway = await startDataPath({
      services: { orders: { url } },
      limits: { breakerFailures: 100 },
    })
    for (let i = 0; i < 4; i++) expect((await ask(`${gateway.url}/orders.x`)).data).toBe('a')
    const gets = dying.seen.length
    expect(gets).toBeGreaterThan(0)
    // While both are doubtful or neither is, either may get it. What the dying one gets is not sent anywhere else.
    const posts = await Promise.all(
      Array.from({ length: 6 }, () => ask(`${gateway.url}/orders.x`, POST)),
    )
    const died = dying.seen.length - gets
    expect(posts.filter(({ status }) => status === 502)).toHaveLength(died)
    expect(a.seen.filter(({ method }) => method === 'POST')).toHaveLength(6 - died)
  })

  test('get nothing while they say that they are not ready, and again when they are', async () => {
    let isReady = true
    await using a = await startNamed('a')
    await using b = await serveWith((request, response) => {
      if (request.url === '/readyz') response.writeHead(isReady ? 200 : 503).end()
      else response.end('{"result":{"data":"b"}}')
    })
    const services = { orders: { url: [a.url, b.url], readyPath: '/readyz' } }
    const limits = { probeIntervalMs: 25 }
    await using gateway = await startDataPath({ services, limits })
    const names = async () =>
      new Set(
        await Array.fromAsync(
          { length: 6 },
          async () => (await ask(`${gateway.url}/orders.x`)).data,
        ),
      )
    await eventually(async () => expect(await names()).toEqual(new Set(['a', 'b'])))
    isReady = false
    await eventually(async () => expect(await names()).toEqual(new Set(['a'])))
    isReady = true
    await eventually(async () => expect(await names()).toEqual(new Set(['a', 'b'])))
  })

  test('are asked all the same if none is ready', async () => {
    await using a = await serveWith((request, response) => {
      if (request.url === '/readyz') response.writeHead(503).end()
      else response.end('{"result":{"data":"a"}}')
    })
    const services = { orders: { url: a.url, readyPath: '/readyz' } }
    await using gateway = await startDataPath({ services, limits: { probeIntervalMs: 25 } })
    await eventually(() => expect(a.seen.length).toBeGreaterThan(3))
    expect((await ask(`${gateway.url}/orders.x`)).data).toBe('a')
  })

  test('have one path, or the gateway does not start', async () => {
    const url = ['http://a.test/api', 'http://b.test']
    await expect(startDataPath({ services: { orders: { url } } })).rejects.toThrow(
      'services.orders: its URLs differ in their paths',
    )
  })
})

describe('a host name with several addresses', () => {
  async function startAt(host: string, port: number, name: string) {
    const server = createServer((_request, response) =>
      response.end(`{"result":{"data":"${name}"}}`),
    )
    await new Promise<void>((resolve) => server.listen(port, host, resolve))
    return {
      port: (server.address() as AddressInfo).port,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  test('counts as so many servers, and is looked up again while it is used', async () => {
    await using one = await startAt('127.0.0.1', 0, 'one')
    await using _two = await startAt('127.0.0.2', one.port, 'two')
    await using _three = await startAt('127.0.0.3', one.port, 'three')
    let addresses = ['127.0.0.1', '127.0.0.2']
    await using gateway = await startDataPath({
      services: { orders: `http://orders.test:${one.port}` },
      limits: { resolveIntervalMs: 20 },
      resolve: async () => addresses,
    })
    const names = async () =>
      new Set(
        await Array.fromAsync(
          { length: 8 },
          async () => (await ask(`${gateway.url}/orders.x`)).data,
        ),
      )
    expect(await names()).toEqual(new Set(['one', 'two']))
    addresses = ['127.0.0.2', '127.0.0.3']
    await eventually(async () => expect(await names()).toEqual(new Set(['two', 'three'])))
  })

  test('goes on as it was while it cannot be looked up', async () => {
    await using one = await startAt('127.0.0.1', 0, 'one')
    await using _two = await startAt('127.0.0.2', one.port, 'two')
    let looks = 0
    await using gateway = await startDataPath({
      services: { orders: `http://orders.test:${one.port}` },
      limits: { resolveIntervalMs: 5 },
      async resolve() {
        looks++
        if (looks > 1) throw new Error('no answer')
        return ['127.0.0.1', '127.0.0.2']
      },
    })
    await eventually(() => expect(looks).toBeGreaterThan(3))
    expect((await ask(`${gateway.url}/orders.x`)).status).toBe(200)
  })
})

test('a service has limits of its own', async () => {
  await using silent = await serve(createServer(() => {}))
  const own = { upstreamTimeoutMs: 200, bodyBytes: 10 }
  await using gateway = await startDataPath({
    services: { quick: { url: silent.url, limits: own }, patient: silent.url },
  })
  expect(await ask(`${gateway.url}/quick.x`)).toMatchObject({ code: 'ERR_SERVICE_TIMEOUT' })
  const large = { ...POST, body: 'x'.repeat(11) }
  expect((await ask(`${gateway.url}/quick.x`, large)).code).toBe('ERR_BODY_TOO_LARGE')
})
