import { createClaimsPublisher } from '@portcullis/revocation'
import { eventually, type RedisServer, startRedis, startTcpProxy } from '@portcullis/testing'
import { TRPCClientError } from '@trpc/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVisitor, newKeyspace, SECRET, startGateway } from '../support/start-gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { codeOf, hear } from './harness.ts'

let redis: RedisServer
let orders: Upstream
const start = (options: Partial<Parameters<typeof startGateway>[0]> = {}) =>
  startGateway({ redisUrl: redis.url, services: { orders: orders.url }, ...options })
const reason = 'test'
const REVOKED = 'UNAUTHORIZED ERR_SESSION_REVOKED'

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

type Visitor = ReturnType<typeof createVisitor>

const hearTicks = ({ subscribing }: Visitor) =>
  hear<string>((callbacks) => subscribing.orders.ticks.subscribe(undefined, callbacks))

async function openTicks(visitor: Visitor) {
  const heard = hearTicks(visitor)
  await eventually(() => expect(heard.data).toEqual(['first', 'second']))
  return heard
}

/** A connection that ends is an interruption as well, after the one that says why. */
const isTyped = (code: string) => code !== 'untyped'

/** Resolves when a number has not changed for so long, in milliseconds. */
async function stillFor(ms: number, read: () => number): Promise<void> {
  let last = Number.NaN
  let since = 0
  await eventually(() => {
    if (read() !== last) since = performance.now()
    last = read()
    expect(performance.now() - since).toBeGreaterThan(ms)
  })
}

describe('a subscription through the gateway', () => {
  test('ends with its session, at once and for good, typed', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    const grace = createVisitor(gateway.url)
    await ada.signIn()
    await grace.signIn('grace@example.com')
    const [hers, other] = [await openTicks(ada), await openTicks(grace)]
    const asked = orders.seen.length
    const startedAt = performance.now()
    await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason })
    await eventually(() => expect(hers.end).toBe(REVOKED), { intervalMs: 1 })
    expect(performance.now() - startedAt).toBeLessThan(500)
    expect(hers).toMatchObject({ interruptions: [], connections: 1 })
    await eventually(() => expect(orders.aborted).toContain('orders.ticks'))
    expect(orders.seen).toHaveLength(asked)
    expect(other.end).toBeNull()
    other.stop()
  })

  test.each([
    ['an organization', { organization: 'org_acme' }],
    ['everyone', { everyone: true }],
  ] as const)('ends with the sessions of %s', async (_, selector) => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = await openTicks(ada)
    await gateway.gateway.revoke(selector, { reason })
    await eventually(() => expect(heard.end).toBe(REVOKED))
    expect(heard.connections).toBe(1)
  })

  test('comes back at once, as who the person is now, when claims or the organization changed', async () => {
    const keyspace = newKeyspace()
    await using gateway = await start({ keyspace })
    await using publisher = createClaimsPublisher({
      redisUrl: redis.url,
      name: 'accounts',
      pepper: SECRET,
      keyspace,
    })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = await openTicks(ada)
    await ada.api.session.switchOrganization.mutate({ organization: 'org_globex' })
    await eventually(() => expect(heard.connections).toBe(2), { timeoutMs: 1_000 })
    const change = { subject: 'usr_ada', version: 1, id: 'chg_1', cause: 'role-changed' } as const
    await publisher.publish(change)
    await eventually(() => expect(heard.connections).toBe(3), { timeoutMs: 1_000 })
    const outdated = 'SERVICE_UNAVAILABLE ERR_STREAM_OUTDATED'
    expect(heard.interruptions.filter(isTyped)).toEqual([outdated, outdated])
    expect(heard.end).toBeNull()
    heard.stop()
  })

  test('that its service ends with an error of its own passes that on, unless the session has ended', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = hear<string>((callbacks) =>
      ada.subscribing.orders.breaks.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.end).toBe('CONFLICT'))
    expect(heard.data).toEqual(['first'])
  })
})

describe('a streamed batch', () => {
  test('fails in all that is still to come, typed, when the session ends', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const values: number[] = []
    const counting = ada.streaming.orders.countSlowly.query()
    const hanging = ada.streaming.orders.hang.query()
    const ends = Promise.all([
      hanging.then(() => 'answered', codeOf),
      (async () => {
        for await (const value of await counting) values.push(value)
      })().then(() => 'completed', codeOf),
    ])
    await eventually(() => expect(values).toEqual([1]))
    await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason })
    expect(await ends).toEqual([REVOKED, REVOKED])
  })

  test('that ends by itself passes untouched', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const [count, flood, failure] = await Promise.all([
      ada.streaming.orders.count.query(3),
      ada.streaming.orders.flood.query(300_000),
      ada.streaming.orders.fail.query().catch((error) => error),
    ])
    expect(await Array.fromAsync(count)).toEqual([1, 2, 3])
    expect(flood).toHaveLength(300_000)
    expect(failure).toBeInstanceOf(TRPCClientError)
    expect(codeOf(failure)).toBe('CONFLICT')
  })
})

describe('without a lease', () => {
  test('a stream puts nothing out, and goes on where it was when the lease is back', async () => {
    await using proxy = await startTcpProxy({ target: redis.url })
    await using gateway = await start({ redisUrl: proxy.url })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = hear<number>((callbacks) =>
      ada.subscribing.orders.beats.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.data.length).toBeGreaterThan(2))
    proxy.dropDown()
    await stillFor(300, () => heard.data.length)
    expect(heard).toMatchObject({ end: null, connections: 1 })
    const before = heard.data.length
    proxy.heal()
    await eventually(() => expect(heard.data.length).toBeGreaterThan(before + 3))
    // Nothing was lost meanwhile.
    expect(heard.data).toEqual(heard.data.map((_, index) => index))
    expect(heard).toMatchObject({ end: null, connections: 1 })
    heard.stop()
  }, 15_000)

  test('it ends with an error that makes the client come back when that takes too long', async () => {
    await using proxy = await startTcpProxy({ target: redis.url })
    await using gateway = await start({ redisUrl: proxy.url, limits: { streamPauseMs: 300 } })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = hear<number>((callbacks) =>
      ada.subscribing.orders.beats.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.data.length).toBeGreaterThan(2))
    proxy.dropDown()
    const unverifiable = 'SERVICE_UNAVAILABLE ERR_UNVERIFIABLE'
    await eventually(() => expect(heard.interruptions[0]).toBe(unverifiable))
    proxy.heal()
    await eventually(() => expect(heard.connections).toBe(2), { timeoutMs: 10_000 })
    heard.stop()
  }, 20_000)

  test('a stream whose session ends meanwhile says nothing more than that', async () => {
    await using proxy = await startTcpProxy({ target: redis.url })
    const keyspace = newKeyspace()
    await using gateway = await start({ redisUrl: proxy.url, keyspace })
    await using elsewhere = await start({ keyspace })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = hear<number>((callbacks) =>
      ada.subscribing.orders.beats.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.data.length).toBeGreaterThan(2))
    proxy.dropDown()
    const { level } = await elsewhere.gateway.revoke({ subject: 'usr_ada' }, { reason })
    expect(level).toBe('enforced')
    // Enforced: from here on not a single one.
    const atReceipt = heard.data.length
    proxy.heal()
    await eventually(() => expect(heard.end).toBe(REVOKED))
    expect(heard.data.length - atReceipt).toBeLessThanOrEqual(1)
  }, 15_000)
})
