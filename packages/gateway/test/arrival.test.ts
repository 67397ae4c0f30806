import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { requestRaw } from './support/raw-request.ts'
import { type StartedDataPath, startDataPath } from './support/start-data-path.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

let orders: Upstream
let open: StartedDataPath
let behindProxy: StartedDataPath

beforeAll(async () => {
  orders = await startUpstream('orders')
  const services = { orders: orders.url, dead: 'http://127.0.0.1:1' }
  open = await startDataPath({ services })
  behindProxy = await startDataPath({ services, trustedProxies: ['127.0.0.0/8'] })
})
afterAll(async () => {
  await open[Symbol.asyncDispose]()
  await behindProxy[Symbol.asyncDispose]()
  await orders[Symbol.asyncDispose]()
})
beforeEach(() => {
  orders.seen.length = 0
})

const HOST = 'Host: app.example.com'
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

async function hello(gateway: StartedDataPath, ...headers: string[]) {
  const answer = await requestRaw(gateway.port, ['GET /orders.hello HTTP/1.1', HOST, ...headers])
  const returnedId = /^x-request-id: (.*)$/im.exec(answer.head)?.[1]
  return { returnedId, seen: orders.seen.at(-1)?.headers ?? {} }
}

describe('without a trusted proxy', () => {
  test('a client says nothing about its address or its request id', async () => {
    const { returnedId, seen } = await hello(
      open,
      'X-Forwarded-For: 6.6.6.6',
      'X-Request-Id: chosen',
      'X_Request_Id: chosen',
    )
    expect(seen).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-request-id': returnedId })
    expect(seen).not.toHaveProperty('x_request_id')
    expect(returnedId).toMatch(UUID)
  })
})

describe('behind a trusted proxy', () => {
  test('the service learns the address of the client, and nothing that the client wrote', async () => {
    const { seen } = await hello(
      behindProxy,
      'X-Forwarded-For: 6.6.6.6, 203.0.113.9',
      'X-Forwarded-For: 127.0.0.9',
      'X-Forwarded-Host: evil',
      'X-Forwarded-Proto: gopher',
      'X-Forwarded-Prefix: /evil',
      'Forwarded: for=6.6.6.6',
    )
    expect(seen).toMatchObject({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'app.example.com',
      'x-forwarded-proto': 'https',
    })
    expect(seen).not.toHaveProperty('x-forwarded-prefix')
    expect(seen).not.toHaveProperty('forwarded')
  })

  test('the request keeps the id it was given', async () => {
    const { returnedId, seen } = await hello(behindProxy, 'X-Request-Id: edge-1/42')
    expect(returnedId).toBe('edge-1/42')
    expect(seen['x-request-id']).toBe('edge-1/42')
  })

  test.each(['', 'a b', 'a"b', 'x'.repeat(129), 'a,b'])(
    'an id that is not well-formed, %j, is replaced',
    async (id) => {
      const { returnedId } = await hello(behindProxy, `X-Request-Id: ${id}`)
      expect(returnedId).toMatch(UUID)
    },
  )
})

describe('the request id', () => {
  const failing = [
    '/nobody.home',
    '/orders..odd',
    '/dead.hello',
    '/orders.hello,dead.hello?batch=1',
  ]
  test.each(failing)('is in the errors of %s and in the head of the answer', async (path) => {
    const { head, body } = await requestRaw(open.port, [`GET ${path} HTTP/1.1`, HOST])
    const [, id] = /"requestId":"([^"]+)"/.exec(body) ?? []
    expect(id).toMatch(UUID)
    expect(head.toLowerCase()).toContain(`x-request-id: ${id}`)
  })

  test('is in the errors of streams', async () => {
    for (const accept of ['Accept: text/event-stream', 'trpc-accept: application/jsonl']) {
      const path = accept.startsWith('A') ? '/dead.ticks' : '/dead.hello?batch=1'
      const lines = [`GET ${path} HTTP/1.1`, HOST, accept]
      const { head, body } = await requestRaw(open.port, lines)
      const [, id] = /"requestId":"([^"]+)"/.exec(body) ?? []
      expect(head.toLowerCase()).toContain(`x-request-id: ${id}`)
    }
  })
})

describe('the trace', () => {
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

  test('of a caller goes on to the service', async () => {
    const { seen } = await hello(open, `traceparent: ${parent}`, 'tracestate: vendor=1')
    expect(seen).toMatchObject({ traceparent: parent, tracestate: 'vendor=1' })
  })

  test('begins here when the caller has none that is valid', async () => {
    const { seen } = await hello(open, 'traceparent: 00-0-0-00', 'tracestate: vendor=1')
    expect(seen['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
    expect(seen).not.toHaveProperty('tracestate')
  })
})
