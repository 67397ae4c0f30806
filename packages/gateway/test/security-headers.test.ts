import { type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchangeRaw, requestRaw } from './support/raw-request.ts'
import { type StartedDataPath, startDataPath } from './support/start-data-path.ts'
import { startGateway } from './support/start-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

let redis: RedisServer
let orders: Upstream
let gateway: StartedDataPath

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
  orders.server.prependListener('request', (request, response) => {
    response.setHeader('x-powered-by', 'what it runs on')
    if (request.headers['x-own'] === undefined) return
    response.setHeader('referrer-policy', 'origin')
    response.setHeader('cache-control', 'public, max-age=60')
  })
  gateway = await startDataPath({ services: { orders: orders.url, dead: 'http://127.0.0.1:1' } })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

const EXPECTED = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
}

describe('every answer has the headers that keep browsers from making something else of it', () => {
  test.each([
    ['of a service', '/orders.hello', {}],
    ['an error of a service', '/orders.fail', {}],
    ['of the gateway', '/session.me', {}],
    ['an error of the gateway', '/orders..odd', {}],
    ['a batch over services', '/orders.hello,dead.hello?batch=1', {}],
    ['a stream', '/orders.breaks', { accept: 'text/event-stream' }],
    ['a streamed batch', '/orders.hello?batch=1', { 'trpc-accept': 'application/jsonl' }],
    ['health', '/healthz', {}],
  ])('%s', async (_name, path, headers) => {
    const answer = await fetch(gateway.url + path, { headers: { ...headers } })
    const all = Object.fromEntries(answer.headers)
    expect(all).toMatchObject(EXPECTED)
    expect(all['cache-control']).toMatch(/no-store|no-cache/)
    expect(all).not.toHaveProperty('x-powered-by')
    await answer.text()
  })

  test('also what was no HTTP', async () => {
    const received = await exchangeRaw(gateway.port, 'GARBAGE\r\n\r\n')
    expect(received).toContain('x-content-type-options: nosniff')
    expect(received).toContain('cache-control: no-store')
  })

  test('but a service may say otherwise', async () => {
    const answer = await fetch(`${gateway.url}/orders.hello`, { headers: { 'x-own': '1' } })
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...EXPECTED,
      'referrer-policy': 'origin',
      'cache-control': 'public, max-age=60',
    })
  })

  test('and nothing about TLS where there is none', async () => {
    const publicUrl = new URL('http://localhost:4000')
    await using local = await startDataPath({ services: {}, publicUrl })
    const answer = await fetch(`${local.url}/healthz`)
    expect(answer.headers.has('strict-transport-security')).toBe(false)
  })
})

describe('signing out', () => {
  async function signOut(options: { clearSiteData?: [] } = {}) {
    await using whole = await startGateway({ redisUrl: redis.url, services: {}, ...options })
    const post = (path: string, body: string, cookie = '') =>
      fetch(`${whole.url}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body,
      })
    const input = JSON.stringify({ email: 'ada@example.com', password: 'portcullis' })
    const signedIn = await post('session.signIn', input)
    expect(signedIn.headers.has('clear-site-data')).toBe(false)
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    return post('session.signOut?batch=1', '{}', cookie)
  }

  test('tells the browser to forget what it keeps, but not which device it is', async () => {
    const answer = await signOut()
    expect(answer.headers.get('clear-site-data')).toBe('"cache", "storage"')
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^sid=;.*Max-Age=0$/)])
  })

  test('tells it nothing more if that is not wanted', async () => {
    expect((await signOut({ clearSiteData: [] })).headers.has('clear-site-data')).toBe(false)
  })
})

describe('a service with limits of its own', () => {
  const HOST = 'Host: app.example.com'

  test('gets no larger batch, URL or head, and the others do', async () => {
    const limits = { batchSize: 2, urlBytes: 200, headerBytes: 500 }
    const services = { small: { url: orders.url, limits }, orders: orders.url }
    await using limited = await startDataPath({ services })
    const said = async (path: string, ...headers: string[]) => {
      const answer = await requestRaw(limited.port, [`GET ${path} HTTP/1.1`, HOST, ...headers])
      return [answer.status, /"portcullis":\{"code":"(\w+)"/.exec(answer.body)?.[1]]
    }
    const batch = (...paths: string[]) => `/${paths.join(',')}?batch=1`
    const three = ['small.hello', 'small.hello', 'small.hello']
    expect(await said(batch(...three))).toEqual([400, 'ERR_BATCH_TOO_LARGE'])
    expect(await said(batch(...three, 'orders.hello'))).toEqual([207, 'ERR_BATCH_TOO_LARGE'])
    expect(await said(`/small.hello?input=${'1'.repeat(200)}`)).toEqual([
      414,
      'ERR_TARGET_TOO_LONG',
    ])
    const large = `x-large: ${'x'.repeat(500)}`
    expect(await said('/small.hello', large)).toEqual([431, 'ERR_HEADERS_TOO_LARGE'])
    expect(await said('/orders.hello', large)).toEqual([200, undefined])
    const many = Array<string>(3).fill('orders.hello')
    expect(await said(batch(...many))).toEqual([200, undefined])
  })

  test('cannot have more than the gateway takes', async () => {
    const services = { orders: { url: orders.url, limits: { batchSize: 51 } } }
    await expect(startDataPath({ services })).rejects.toThrow(/services\.orders\.limits\.batchSize/)
  })
})
