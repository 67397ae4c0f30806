import { createLogger } from '@portcullis/runtime'
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../src/compose-routers.ts'
import { createGateway } from '../src/gateway.ts'
import type { PassThroughOptions } from '../src/options.ts'
import { type ServiceRouter, startUpstream, type Upstream } from './support/upstream.ts'

type Router = ComposeRouters<{ orders: ServiceRouter; users: ServiceRouter; legacy: ServiceRouter }>

const logger = createLogger({ name: 'gateway', level: 'silent' })
let orders: Upstream
let users: Upstream
let legacy: Upstream

beforeAll(async () => {
  ;[orders, users, legacy] = await Promise.all([
    startUpstream('orders'),
    startUpstream('users'),
    startUpstream('legacy'),
  ])
})
afterAll(async () => {
  await Promise.all([orders, users, legacy].map((upstream) => upstream[Symbol.asyncDispose]()))
})

async function start(options: Omit<PassThroughOptions, 'sessions' | 'logger'>) {
  const gateway = await createGateway({ ...options, sessions: false, logger })
  return Object.assign(await gateway.listen(), {
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  })
}

function clientOf(url: string, headers: Record<string, string> = {}) {
  return createTRPCClient<Router>({ links: [httpBatchLink({ url, headers })] })
}

describe('without sessions', () => {
  test('calls reach their services with every cookie, and nothing is said of who made them', async () => {
    await using gateway = await start({ services: { orders: orders.url } })
    const cookie = '__Host-sid=theirs; sid=as-well; __Host-sid=twice'
    const headers = await clientOf(gateway.url, {
      cookie,
      'x-portcullis-context': 'made-up',
      'x-user-id': 'usr_root',
    }).orders.headers.query()
    expect(headers).toMatchObject({
      cookie,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(gateway.url).host,
    })
    expect(headers).not.toHaveProperty('x-portcullis-context')
    expect(headers).not.toHaveProperty('x-user-id')
  })

  test('a service may set any cookie, from a batch over several as well', async () => {
    await using gateway = await start({ services: { orders: orders.url, users: users.url } })
    for (const paths of ['orders.setCookie', 'orders.setCookie,users.hello']) {
      const response = await fetch(`${gateway.url}/${paths}?batch=1`)
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie()).toEqual(['__Host-sid=of-the-service; Path=/'])
    }
  })

  test('there are no procedures and no keys of the gateway, and their names are free', async () => {
    await using session = await startUpstream('session')
    await using gateway = await start({ services: { session: session.url } })
    expect(await (await fetch(`${gateway.url}/session.hello`)).json()).toMatchObject({
      result: { data: 'hello' },
    })
    expect((await fetch(`${gateway.url}/admin.sessions`)).status).toBe(404)
    expect((await fetch(`${gateway.url}/.well-known/jwks.json`)).status).toBe(400)
    expect((await fetch(`${gateway.url}/portcullis/fence`, { method: 'POST' })).status).toBe(400)
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
  })

  test('any page can call unless the allowed origins are given', async () => {
    const services = { orders: orders.url }
    await using open = await start({ services })
    await using guarded = await start({
      services,
      publicUrl: 'https://app.example.com',
      allowedOrigins: ['https://admin.example.com'],
    })
    const statusFor = async ({ url }: { url: string }, origin: string) =>
      (await fetch(`${url}/orders.hello`, { headers: { origin } })).status
    expect(await statusFor(open, 'https://evil.example')).toBe(200)
    expect(await statusFor(guarded, 'https://evil.example')).toBe(403)
    expect(await statusFor(guarded, 'https://admin.example.com')).toBe(200)
    expect(await statusFor(guarded, 'https://app.example.com')).toBe(200)
  })

  test.each([
    ['redisUrl', { redisUrl: 'redis://127.0.0.1' }],
    ['identityHeaders', { services: { orders: { url: 'http://orders', identityHeaders: true } } }],
    ['services', { services: {} }],
    ['basePath', { basePath: 'trpc' }],
    ['basePath', { basePath: '/a/../b' }],
    ['pathSeparator', { pathSeparator: ',' }],
    ['fallback', { fallback: { url: 'http://orders', name: 'orders' } }],
  ])('an option that is wrong is named: %s', async (name, options) => {
    const all = { sessions: false, services: { orders: 'http://orders' }, logger, ...options }
    const made = createGateway(all as PassThroughOptions)
    await expect(made).rejects.toThrow(TypeError)
    await expect(made).rejects.toThrow(name)
  })
})

describe('a fallback', () => {
  test('gets what no service is for, and one batch goes to both', async () => {
    await using gateway = await start({ services: { orders: orders.url }, fallback: legacy.url })
    const client = clientOf(gateway.url)
    const before = legacy.seen.length
    const answers = await Promise.allSettled([
      client.legacy.echo.query('a'),
      client.orders.echo.query('b'),
      client.legacy.hello.query(),
      client.users.hello.query(),
    ])
    expect(answers).toMatchObject([
      { value: { input: 'a' } },
      { value: { input: 'b' } },
      { value: 'hello' },
      { reason: { data: { code: 'NOT_FOUND', path: 'users.hello' } } },
    ])
    const asked = legacy.seen.slice(before).map(({ url }) => url?.split('?')[0])
    expect(asked.filter((path) => path?.includes('.hello'))).toEqual([
      '/legacy.echo,legacy.hello,users.hello',
    ])
  })

  test('alone is one server behind the path that clients know', async () => {
    await using gateway = await start({
      services: {},
      fallback: legacy.url,
      basePath: '/api/trpc/',
    })
    const client = clientOf(`${gateway.url}/api/trpc`)
    expect(await client.legacy.hello.query()).toBe('hello')
    for (const path of ['/legacy.hello', '/api/trpclegacy.hello', '/api/trpc', '/xxx/trpc/a.b']) {
      expect((await fetch(gateway.url + path)).status).toBe(400)
    }
  })

  test('is split one router at a time while it serves', async () => {
    await using gateway = await createGateway({
      sessions: false,
      services: {},
      fallback: { url: legacy.url, name: 'monolith' },
      logger,
    })
    const { url } = await gateway.listen()
    const ask = () => clientOf(url).orders.hello.query()
    await expect(ask()).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } })
    const services = { orders: orders.url }
    const fallback = { url: legacy.url, name: 'monolith' }
    expect(gateway.updateServices({ services, fallback })).toEqual({
      added: ['orders'],
      changed: [],
      removed: [],
    })
    expect(await ask()).toBe('hello')
    expect(await clientOf(url).legacy.hello.query()).toBe('hello')
  })
})

test('a path separator is read in every path, and services get dots', async () => {
  await using gateway = await start({
    services: { orders: orders.url, users: users.url },
    pathSeparator: '~',
  })
  for (const url of ['/orders~hello', '/orders.hello']) {
    expect((await fetch(gateway.url + url)).status).toBe(200)
    expect(orders.seen.at(-1)?.url).toBe('/orders.hello')
  }
  const batch = await fetch(`${gateway.url}/orders~hello,users~hello?batch=1`)
  expect(await batch.json()).toMatchObject([{ result: {} }, { result: {} }])
  expect((await fetch(`${gateway.url}/orders~~hello`)).status).toBe(400)
  const client = createTRPCClient<Router>({
    links: [httpLink({ url: gateway.url, pathSeparator: '~' })],
  })
  expect(await client.users.hello.query()).toBe('hello')
})
