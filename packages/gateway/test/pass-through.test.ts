import { once } from 'node:events'
import { createServer } from 'node:http'
import { eventually } from '@portcullis/testing'
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  type TRPCLink,
} from '@trpc/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../src/compose-routers.ts'
import { SESSION_COOKIE, type StartedDataPath, startDataPath } from './support/start-data-path.ts'
import { type ServiceRouter, serve, startUpstream, type Upstream } from './support/upstream.ts'

type Router = ComposeRouters<{ orders: ServiceRouter }>

let orders: Upstream
let gateway: StartedDataPath

beforeAll(async () => {
  orders = await startUpstream('orders')
  gateway = await startDataPath({ services: { orders: { url: orders.url } } })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await orders[Symbol.asyncDispose]()
})

function clientWith(
  link: (options: { url: string; headers: { cookie: string } }) => TRPCLink<Router>,
) {
  return createTRPCClient<Router>({
    links: [link({ url: gateway.url, headers: { cookie: SESSION_COOKIE } })],
  })
}

describe('a request that touches one service', () => {
  test.each([
    ['httpLink', httpLink<Router>],
    ['httpBatchLink', httpBatchLink<Router>],
    ['httpBatchStreamLink', httpBatchStreamLink<Router>],
  ])('has the results and errors of that service, over %s', async (_name, link) => {
    const client = clientWith(link)
    const [hello, echo, failed] = await Promise.allSettled([
      client.orders.hello.query(),
      client.orders.echo.query({ text: 'é "quoted" \u2028', list: [1, null] }),
      client.orders.fail.query(),
    ])
    expect(hello).toMatchObject({ value: 'hello' })
    expect(echo).toMatchObject({
      value: { input: { text: 'é "quoted" \u2028', list: [1, null] } },
    })
    expect(failed).toMatchObject({
      reason: { message: 'as asked', data: { code: 'CONFLICT', path: 'orders.fail' } },
    })
    expect(await client.orders.add.mutate({ by: 3 })).toEqual({ added: 3 })
  })

  test('streams an async generator', async () => {
    const client = clientWith(httpBatchStreamLink<Router>)
    const numbers: number[] = []
    for await (const number of await client.orders.count.query(3)) numbers.push(number)
    expect(numbers).toEqual([1, 2, 3])
  })

  test('carries forms and bytes unread, larger than what is held in memory', async () => {
    const client = clientWith(httpLink<Router>)
    const form = new FormData()
    form.set('title', 'a form')
    form.set('file', new Blob([Buffer.alloc(300_000)]))
    // Not a browser: a form needs an origin.
    const send = createTRPCClient<Router>({
      links: [
        httpLink({
          url: gateway.url,
          headers: { cookie: SESSION_COOKIE, origin: 'https://app.example.com' },
        }),
      ],
    })
    expect(await send.orders.upload.mutate(form)).toEqual({ title: 'a form', size: 300_000 })
    const bytes = new Blob([Buffer.alloc(200_000)])
    expect(await client.orders.bytes.mutate(bytes)).toBe(200_000)
  })

  test('reaches the service with a context and without the session cookie', async () => {
    const client = createTRPCClient<Router>({
      links: [httpLink({ url: gateway.url, headers: { cookie: `a=1; ${SESSION_COOKIE}; b=2` } })],
    })
    const headers = await client.orders.headers.query()
    expect(headers).toMatchObject({
      cookie: 'a=1; b=2',
      host: new URL(orders.url).host,
      'x-forwarded-host': 'app.example.com',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
      'x-portcullis-context': expect.stringMatching(/^ctx\.orders\.usr_ada/),
    })
    expect(headers['x-user-id']).toBeUndefined()
  })

  test('is forwarded without a context when nobody is signed in', async () => {
    const client = createTRPCClient<Router>({ links: [httpLink({ url: gateway.url })] })
    const headers = await client.orders.headers.query()
    expect(headers['x-portcullis-context']).toBeUndefined()
  })

  test('forgets a cookie that is of no use any more', async () => {
    for (const cookie of [
      '__Host-sid=ended',
      '__Host-sid=%00',
      `__Host-sid=${'x'.repeat(5_000)}`,
    ]) {
      const response = await fetch(`${gateway.url}/orders.hello`, { headers: { cookie } })
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie()).toEqual([
        '__Host-sid=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0',
      ])
    }
  })

  test('ends at the service when the client leaves', async () => {
    const before = orders.aborted.length
    const leaving = new AbortController()
    const answer = clientWith(httpLink<Router>).orders.hang.query(undefined, {
      signal: leaving.signal,
    })
    answer.catch(() => {})
    await eventually(() => expect(orders.seen.at(-1)?.url).toBe('/orders.hang'))
    leaving.abort()
    await eventually(() => expect(orders.aborted.length).toBe(before + 1))
  })
})

describe('a subscription', () => {
  test('passes each event at once and ends at the service when the client leaves', async () => {
    const leaving = new AbortController()
    const response = await fetch(`${gateway.url}/orders.ticks`, {
      headers: { accept: 'text/event-stream' },
      signal: leaving.signal,
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    let text = ''
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString()
      if (text.includes('second')) break
    }
    expect(text).toContain('data: "first"')
    leaving.abort()
    await eventually(() => expect(orders.aborted).toContain('orders.ticks'))
  })

  test('ends with the session of whoever listens', async () => {
    gateway.authenticator.add('token-of-grace', { subject: 'usr_grace' })
    const open = (cookie: string) =>
      fetch(`${gateway.url}/orders.ticks`, { headers: { accept: 'text/event-stream', cookie } })
    const [grace, ada] = [await open('__Host-sid=token-of-grace'), await open(SESSION_COOKIE)]
    gateway.authenticator.end('token-of-grace')
    expect(await grace.text()).toContain('second')
    const reader = (ada.body as ReadableStream<Uint8Array>).getReader()
    expect((await reader.read()).done).toBe(false)
    await reader.cancel()
  })

  test('that is not asked for as one is refused', async () => {
    const response = await fetch(`${gateway.url}/orders.ticks`)
    expect(response.status).toBe(406)
    expect(await response.json()).toMatchObject({
      error: { data: { portcullis: { code: 'ERR_STREAM_NOT_REQUESTED' } } },
    })
  })

  test('ends when the gateway closes, and requests in flight finish', async () => {
    await using leaving = await startDataPath({ services: { orders: { url: orders.url } } })
    const stream = await fetch(`${leaving.url}/orders.ticks`, {
      headers: { accept: 'text/event-stream' },
    })
    const [text] = await Promise.all([stream.text(), leaving.close()])
    expect(text).toContain('second')
    await expect(fetch(`${leaving.url}/healthz`)).rejects.toThrow()
  })
})

test('a slow reader slows the service down instead of filling the gateway', async () => {
  const total = 64 * 1_048_576
  const chunk = Buffer.alloc(65_536, ' ')
  let sent = 0
  await using flooding = await serve(
    createServer(async (_request, response) => {
      for (; sent < total; sent += chunk.length) {
        if (!response.write(chunk)) await once(response, 'drain')
      }
      response.end()
    }),
  )
  await using calm = await startDataPath({ services: { flood: flooding.url } })
  const response = await fetch(`${calm.url}/flood.a`)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let before = -1
  await eventually(
    () => {
      const isStill = sent === before
      before = sent
      expect(isStill).toBe(true)
    },
    { intervalMs: 100 },
  )
  expect(sent).toBeLessThan(total / 2)
  let received = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    received += value.length
  }
  expect(received).toBe(total)
})

test('health, readiness and public keys are answered without a service', async () => {
  const [health, ready, keys] = await Promise.all([
    fetch(`${gateway.url}/healthz`),
    fetch(`${gateway.url}/readyz`),
    fetch(`${gateway.url}/.well-known/jwks.json`).then((response) => response.text()),
  ])
  expect([health.status, ready.status]).toEqual([200, 200])
  expect(JSON.parse(keys)).toMatchObject({ keys: [{ kty: 'OKP', crv: 'Ed25519' }] })
  expect(keys).not.toContain('"d"')
})
