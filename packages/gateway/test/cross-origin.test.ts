import { createTRPCClient, httpBatchStreamLink } from '@trpc/client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../src/compose-routers.ts'
import { requestRaw } from './support/raw-request.ts'
import { type StartedDataPath, startDataPath } from './support/start-data-path.ts'
import { type ServiceRouter, startUpstream, type Upstream } from './support/upstream.ts'

const ADMIN = 'https://admin.example.com'

let orders: Upstream
let gateway: StartedDataPath

beforeAll(async () => {
  orders = await startUpstream('orders')
  orders.server.prependListener('request', (_request, response) => {
    response.setHeader('access-control-allow-origin', '*')
  })
  gateway = await startDataPath({
    services: { orders: orders.url, dead: 'http://127.0.0.1:1' },
    allowedOrigins: [ADMIN],
    allowedHeaders: ['x-campaign'],
  })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await orders[Symbol.asyncDispose]()
})
beforeEach(() => {
  orders.seen.length = 0
})

function ask(path: string, origin: string, requested = 'content-type,trpc-accept') {
  return fetch(gateway.url + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': requested,
    },
  })
}

const get = (path: string, headers: Record<string, string>) =>
  fetch(gateway.url + path, { headers })

describe('a browser that asks first', () => {
  test('is told what a page of an allowed origin may send, without any service', async () => {
    const answer = await ask('/orders.add,session.signIn?batch=1', ADMIN)
    expect(answer.status).toBe(204)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': ADMIN,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST',
      'access-control-max-age': '7200',
      vary: 'origin',
    })
    const allowed = answer.headers.get('access-control-allow-headers')?.split(', ')
    expect(allowed).toEqual(
      expect.arrayContaining(['content-type', 'trpc-accept', 'last-event-id', 'x-campaign']),
    )
    expect(orders.seen).toEqual([])
  })

  test.each([
    'https://evil.example.com',
    'https://admin.example.com.evil',
    'null',
    'https://app.example.com',
  ])('for a page of %s is told nothing', async (origin) => {
    const answer = await ask('/orders.add', origin)
    expect(answer.status).toBe(403)
    const names = [...answer.headers.keys()]
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect(answer.headers.get('vary')).toContain('origin')
    expect(orders.seen).toEqual([])
  })

  test('OPTIONS that ask nothing are still no tRPC call', async () => {
    const answer = await fetch(`${gateway.url}/orders.add`, { method: 'OPTIONS' })
    expect(answer.status).toBe(415)
  })
})

describe('a page of an allowed origin', () => {
  test.each([
    ['an answer', '/orders.hello', {}, 200],
    ['an error of a service', '/orders.fail', {}, 409],
    ['an error of the gateway', '/nobody.home', {}, 404],
    ['a target that cannot be read', '/orders..odd', {}, 400],
    ['a batch over services', '/orders.hello,dead.hello?batch=1', {}, 207],
    ['an answer of the gateway itself', '/session.me', {}, 200],
    ['a stream', '/orders.breaks', { accept: 'text/event-stream' }, 200],
    ['a streamed batch', '/orders.hello?batch=1', { 'trpc-accept': 'application/jsonl' }, 200],
    ['the error of a stream', '/dead.breaks', { accept: 'text/event-stream' }, 200],
    ['health', '/healthz', {}, 200],
  ])('may read %s', async (_name, path, headers, status) => {
    const answer = await get(path, { ...headers, origin: ADMIN })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBe(ADMIN)
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id')
    expect(answer.headers.get('vary')).toMatch(/(^|, )origin($|, )/)
    await answer.text()
  })

  test('may read streams through the stock client', async () => {
    const client = createTRPCClient<ComposeRouters<{ orders: ServiceRouter }>>({
      links: [httpBatchStreamLink({ url: gateway.url, headers: { origin: ADMIN } })],
    })
    expect(await client.orders.hello.query()).toBe('hello')
  })
})

test('nobody else may read anything, whatever a service says about it', async () => {
  for (const headers of [{}, { origin: 'https://app.example.com' }]) {
    const answer = await get('/orders.hello', headers)
    expect(answer.status).toBe(200)
    const names = [...answer.headers.keys()]
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect(answer.headers.get('vary')).toMatch(/(^|, )origin($|, )/)
  }
})

test('without allowed origins answers do not vary by origin', async () => {
  await using closed = await startDataPath({ services: { orders: orders.url }, allowedOrigins: [] })
  const { head } = await requestRaw(closed.port, ['GET /healthz HTTP/1.1', 'Host: x'])
  expect(head.toLowerCase()).not.toContain('vary')
})
