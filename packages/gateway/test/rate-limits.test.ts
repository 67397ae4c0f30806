import { connectRedis, whenReady } from '@portcullis/redis'
import { countCommands, eventually, type RedisServer, startRedis } from '@portcullis/testing'
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpSubscriptionLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RateLimit } from '../src/guard/rate-limits/rate-limit.ts'
import {
  type AppRouter,
  createVisitor,
  newKeyspace,
  type StartedGateway,
  startGateway,
} from './support/start-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

let redis: RedisServer
let orders: Upstream

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

const ALL: RateLimit = { name: 'all', by: 'address', limit: 60, windowSeconds: 3_600 }

const start = (
  rateLimits: readonly RateLimit[],
  options: Partial<Parameters<typeof startGateway>[0]> = {},
) =>
  startGateway({
    redisUrl: redis.url,
    services: { orders: orders.url },
    trustedProxies: 1,
    rateLimits,
    ...options,
  })

const hello = ({ url }: StartedGateway, headers: Record<string, string> = {}) =>
  fetch(`${url}/orders.hello`, { headers })

describe('who is beyond a limit', () => {
  test('is told so in each form, and costs the service nothing', async () => {
    await using gateway = await start([{ ...ALL, limit: 1 }])
    expect((await hello(gateway)).status).toBe(200)
    orders.seen.length = 0

    const answer = await hello(gateway)
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(3_500)
    expect(answer.headers.get('ratelimit-policy')).toBe('"all";q=1;w=3600')
    expect(answer.headers.get('ratelimit')).toMatch(/^"all";r=0;t=3[56]\d\d$/)
    const error = { data: { code: 'TOO_MANY_REQUESTS', portcullis: { code: 'ERR_RATE_LIMITED' } } }
    expect(await answer.json()).toMatchObject({ error })

    const { url } = gateway
    for (const link of [httpBatchLink({ url }), httpBatchStreamLink({ url })]) {
      const client = createTRPCClient<AppRouter>({ links: [link] })
      const asked = await Promise.allSettled([
        client.orders.hello.query(),
        client.session.me.query(),
      ])
      expect(asked).toMatchObject([{ reason: error }, { reason: error }])
    }
    const subscribing = createTRPCClient<AppRouter>({
      links: [httpSubscriptionLink({ url, EventSource })],
    })
    const ended = await new Promise((resolve) =>
      subscribing.orders.ticks.subscribe(undefined, { onError: resolve }),
    )
    expect(ended).toMatchObject(error)
    expect(orders.seen).toEqual([])
  })

  test('is somebody: other addresses, sessions and people go on', async () => {
    await using gateway = await start([
      { ...ALL, name: 'people', by: 'subject', calls: 'orders.*', limit: 2 },
    ])
    const [ada, adaToo, grace] = [1, 2, 3].map(() => createVisitor(gateway.url))
    await Promise.all([ada?.signIn(), adaToo?.signIn(), grace?.signIn('grace@example.com')])
    await ada?.api.orders.hello.query()
    await adaToo?.api.orders.hello.query()
    const limited = { data: { portcullis: { code: 'ERR_RATE_LIMITED' } } }
    await expect(ada?.api.orders.hello.query()).rejects.toMatchObject(limited)
    await expect(adaToo?.api.orders.hello.query()).rejects.toMatchObject(limited)
    expect(await grace?.api.orders.hello.query()).toBe('hello')
    expect((await hello(gateway, { 'x-forwarded-for': '203.0.113.1' })).status).toBe(200)
    expect(await ada?.api.session.me.query()).toMatchObject({ subject: 'usr_ada' })
  })
})

/** How many of so many requests, spread over the gateways, get through. */
async function flood(gateways: readonly StartedGateway[], requests: number, address: string) {
  let admitted = 0
  for (let sent = 0; sent < requests; sent++) {
    const gateway = gateways[sent % gateways.length] as StartedGateway
    const { status } = await hello(gateway, { 'x-forwarded-for': address })
    if (status === 200) admitted++
  }
  return admitted
}

describe('a limit of the installation', () => {
  const SHARED: RateLimit = { ...ALL, limit: 60, scope: 'installation' }
  const startThree = async (stack: AsyncDisposableStack, redisUrl: string) => {
    const keyspace = newKeyspace()
    const first = stack.use(await start([SHARED], { redisUrl, keyspace }))
    const more = [start([SHARED], { redisUrl, keyspace }), start([SHARED], { redisUrl, keyspace })]
    return [first, ...(await Promise.all(more)).map((gateway) => stack.use(gateway))]
  }

  test('holds over several gateways, up to a twentieth each, for one command a twentieth', async () => {
    await using stack = new AsyncDisposableStack()
    const gateways = await startThree(stack, redis.url)
    const commands = await countCommands(redis.url)
    const admitted = await flood(gateways, 240, '203.0.113.1')
    const counted = (await commands.commands()).filter(({ connection }) =>
      connection.endsWith(':limits'),
    )
    const onPath = (await commands.commands()).filter(({ connection }) =>
      connection.endsWith(':commands'),
    )
    await commands.stop()

    expect(admitted).toBeGreaterThanOrEqual(60)
    expect(admitted).toBeLessThanOrEqual(60 + 3 * 3)
    const reports = counted.filter(({ command }) => command.toLowerCase().startsWith('eval'))
    expect(reports.length).toBeGreaterThan(0)
    expect(reports.length).toBeLessThanOrEqual(30)
    expect(onPath).toEqual([])
    expect(await flood(gateways, 3, '203.0.113.2')).toBe(3)
  })

  test('names nobody in Redis', async () => {
    await using stack = new AsyncDisposableStack()
    const keyspace = newKeyspace()
    const gateway = stack.use(await start([{ ...SHARED, limit: 5 }], { keyspace }))
    await flood([gateway], 5, '203.0.113.77')
    const client = connectRedis({ url: redis.url, role: 'commands', name: 'test' })
    stack.defer(() => client.disconnect())
    await whenReady(client, 5_000)
    const prefix = keyspace.rateLimit('all')
    const keys = await eventually(async () => {
      const found = await client.keys(`${prefix}*`)
      expect(found.length).toBe(1)
      return found
    })
    expect(keys[0]).toMatch(/:rl:all:[\w-]{22}$/)
    expect(await client.pttl(keys[0] as string)).toBeGreaterThan(3_000_000)
  })

  test('is held by each gateway alone while Redis is away, and together again when it is back', async () => {
    await using stack = new AsyncDisposableStack()
    const own = stack.use(await startRedis())
    const gateways = await startThree(stack, own.url)
    own.pause()
    const admitted = await flood(gateways, 240, '203.0.113.1')
    own.resume()
    expect(admitted).toBe(3 * 60)

    const before = await flood(gateways.slice(0, 1), 60, '203.0.113.3')
    expect(before).toBe(60)
    await eventually(async () => expect(await flood(gateways.slice(1), 2, '203.0.113.3')).toBe(0))
  })
})
