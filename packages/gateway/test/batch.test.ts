import { createServer } from 'node:http'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../src/compose-routers.ts'
import type { GatewayRouters } from '../src/procedures/router.ts'
import { SESSION_COOKIE, type StartedDataPath, startDataPath } from './support/start-data-path.ts'
import { type ServiceRouter, serve, startUpstream, type Upstream } from './support/upstream.ts'

type Router = ComposeRouters<
  {
    orders: ServiceRouter
    users: ServiceRouter
    dead: ServiceRouter
    odd: ServiceRouter
  } & GatewayRouters<never>
>

let orders: Upstream
let users: Upstream
let odd: Upstream
let gateway: StartedDataPath
let oddBody = ''

beforeAll(async () => {
  orders = await startUpstream('orders')
  users = await startUpstream('users')
  odd = await serve(createServer((_request, response) => response.end(oddBody)))
  const dead = await startUpstream('dead')
  gateway = await startDataPath({
    services: {
      orders: orders.url,
      users: { url: users.url, limits: { bodyBytes: 1_000 } },
      odd: odd.url,
      dead: dead.url,
    },
    limits: { batchResponseBytes: 100_000, breakerFailures: 1_000 },
  })
  await dead[Symbol.asyncDispose]()
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await Promise.all([orders, users, odd].map((upstream) => upstream[Symbol.asyncDispose]()))
})
afterEach(() => {
  orders.seen.length = 0
  users.seen.length = 0
})

function batchClient(methodOverride?: 'POST') {
  return createTRPCClient<Router>({
    links: [
      httpBatchLink({
        url: gateway.url,
        headers: { cookie: SESSION_COOKIE },
        ...(methodOverride && { methodOverride }),
      }),
    ],
  })
}

async function get(path: string, init?: RequestInit) {
  const response = await fetch(`${gateway.url}${path}`, init)
  return { response, body: (await response.json()) as Result[] }
}
interface Result {
  result?: { data: unknown }
  error?: { data: { code: string; path?: string; portcullis?: { code: string } } }
}
const codeOf = ({ error }: Result) => error?.data.portcullis?.code

describe('a batch over several services', () => {
  test('gives each call its own result, in order, from one request to each service', async () => {
    const client = batchClient()
    const results = await Promise.all([
      client.users.echo.query('a'),
      client.orders.echo.query({ x: '}{,"1":' }),
      client.users.hello.query(),
      client.orders.hello.query(),
      client.session.me.query(),
      client.users.echo.query(['\\"', null]),
    ])
    expect(results).toEqual([
      { input: 'a' },
      { input: { x: '}{,"1":' } },
      'hello',
      'hello',
      expect.objectContaining({ subject: 'usr_ada' }),
      { input: ['\\"', null] },
    ])
    expect(orders.seen).toHaveLength(1)
    expect(users.seen).toHaveLength(1)
    expect(orders.seen[0]?.url).toMatch(/^\/orders\.echo,orders\.hello\?batch=1&input=/)
    expect(users.seen[0]?.headers['x-portcullis-context']).toMatch(/^ctx\.users\./)
    expect(users.seen[0]?.headers).not.toHaveProperty('cookie')
  })

  test('of mutations keeps the cookies of every service', async () => {
    const { response, body } = await get('/orders.add,users.add,orders.add?batch=1', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ 0: { by: 1 }, 1: { by: 2 }, 2: { by: 3 } }),
    })
    expect(body.map(({ result }) => result?.data)).toEqual([
      { added: 1 },
      { added: 2 },
      { added: 3 },
    ])
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual(['added=1', 'added=3', 'added=2'])
    expect(response.headers.get('vary')).toBe('trpc-accept, accept, cookie, origin')
  })

  test('keeps headers of the services’ own on which all that send them agree', async () => {
    const tagOf = async (calls: [string, string][]) => {
      const paths = calls.map(([path]) => path).join(',')
      const input = JSON.stringify(Object.fromEntries(calls.map(([, tag], i) => [i, tag])))
      const url = `/${paths}?batch=1&input=${encodeURIComponent(input)}`
      return (await get(url)).response.headers.get('x-tag')
    }
    expect(
      await tagOf([
        ['orders.tag', 'a'],
        ['users.hello', ''],
      ]),
    ).toBe('a')
    expect(
      await tagOf([
        ['orders.tag', 'a'],
        ['users.tag', 'a'],
      ]),
    ).toBe('a')
    expect(
      await tagOf([
        ['orders.tag', 'a'],
        ['users.tag', 'b'],
      ]),
    ).toBeNull()
  })

  test('has the common status of its parts, or 207', async () => {
    const statusOf = async (path: string) => (await get(path)).response.status
    expect(await statusOf('/orders.hello,users.hello?batch=1')).toBe(200)
    expect(await statusOf('/orders.fail,users.fail?batch=1')).toBe(409)
    expect(await statusOf('/orders.fail,users.hello?batch=1')).toBe(207)
    expect(await statusOf('/orders.fail,users.hello,users.fail?batch=1')).toBe(207)
  })

  test('loses only the calls of a service that is down, unknown or talks nonsense', async () => {
    for (const nonsense of ['<html>', '[{}', '[1]', '[1,2,3]', '{"result":1}', '']) {
      oddBody = nonsense
      const paths = 'orders.hello,dead.hello,nobody.home,odd.a,users.hello,odd.b'
      const { response, body } = await get(`/${paths}?batch=1`)
      expect(response.status).toBe(207)
      expect(body.map((result) => codeOf(result) ?? result.result?.data)).toEqual([
        'hello',
        'ERR_SERVICE_UNREACHABLE',
        'ERR_SERVICE_UNKNOWN',
        'ERR_SERVICE_RESPONSE_INVALID',
        'hello',
        'ERR_SERVICE_RESPONSE_INVALID',
      ])
      expect(body[1]?.error?.data).toMatchObject({ code: 'BAD_GATEWAY', path: 'dead.hello' })
    }
  })

  test('spreads the failure of a whole part over the calls of that part', async () => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"0":{"by":1}}',
    }
    const { response, body } = await get('/orders.add,users.hello,users.add?batch=1', init)
    expect(response.status).toBe(207)
    expect(body[0]?.result?.data).toEqual({ added: 1 })
    expect(body[1]?.error?.data.code).toBe('BAD_REQUEST')
    expect(body[2]?.error?.data.code).toBe('BAD_REQUEST')
  })

  test('passes an input that is not JSON to its service, whose error it then is', async () => {
    const input = encodeURIComponent('{"0":tru,"1":1}')
    const { body } = await get(`/orders.echo,users.echo?batch=1&input=${input}`)
    expect(body[0]?.error?.data).toMatchObject({ code: 'BAD_REQUEST', path: 'orders.echo' })
    expect(body[1]?.result?.data).toEqual({ input: 1 })
  })

  test.each(['[1,2]', '1', '{"0":1', '{"0":1,"0":2}', '{"0":[}'])(
    'refuses %s as an input',
    async (input) => {
      const { response, body } = await get(
        `/orders.echo,users.echo?batch=1&input=${encodeURIComponent(input)}`,
      )
      expect(response.status).toBe(400)
      expect(body.map(codeOf)).toEqual(['ERR_BODY_INVALID', 'ERR_BODY_INVALID'])
      expect(orders.seen).toEqual([])
    },
  )

  test('refuses one call too many, a form, and an answer without end', async () => {
    const many = Array.from({ length: 51 }, (_, i) => `${i % 2 ? 'orders' : 'users'}.hello`)
    expect((await get(`/${many.join(',')}?batch=1`)).response.status).toBe(400)
    const form = {
      method: 'POST',
      body: new FormData(),
      headers: { origin: 'https://app.example.com' },
    }
    expect((await get('/orders.upload,users.upload?batch=1', form)).response.status).toBe(415)
    const input = encodeURIComponent('{"0":200000}')
    const { body } = await get(`/orders.flood,users.hello?batch=1&input=${input}`)
    expect(body.map((result) => codeOf(result) ?? result.result?.data)).toEqual([
      'ERR_SERVICE_RESPONSE_INVALID',
      'hello',
    ])
  })

  test('holds each part to the body limit of its service', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ 0: { by: 1 }, 1: { by: 2, pad: 'x'.repeat(1_000) } })
    const answer = await get('/orders.add,users.add?batch=1', { method: 'POST', headers, body })
    expect(answer.body.map((result) => codeOf(result) ?? result.result?.data)).toEqual([
      { added: 1 },
      'ERR_BODY_TOO_LARGE',
    ])
  })

  test('leaves it to the services whether queries may come as POST', async () => {
    const client = batchClient('POST')
    const answers = await Promise.allSettled([
      client.orders.hello.query(),
      client.users.hello.query(),
    ])
    expect(answers).toMatchObject([
      { reason: { data: { code: 'METHOD_NOT_SUPPORTED' } } },
      { reason: { data: { code: 'METHOD_NOT_SUPPORTED' } } },
    ])
  })

  test('clears a cookie that has ended', async () => {
    const headers = { cookie: '__Host-sid=ended' }
    const { response, body } = await get('/orders.hello,session.me?batch=1', { headers })
    expect(body.map(({ result }) => result?.data)).toEqual(['hello', null])
    expect(response.headers.getSetCookie()).toEqual([
      '__Host-sid=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0',
    ])
  })
})
