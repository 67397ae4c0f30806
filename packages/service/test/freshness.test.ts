import { randomBytes } from 'node:crypto'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
} from '@portcullis/revocation'
import { type Clock, systemClock } from '@portcullis/runtime'
import {
  countCommands,
  eventually,
  type RedisServer,
  startRedis,
  startTcpProxy,
} from '@portcullis/testing'
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import {
  createPortcullis,
  createService,
  createSessionProcedures,
  type Freshness,
  longestRelaxedMsOf,
  type PortcullisContext,
  type PortcullisMeta,
  withRefusalCode,
} from '../src/index.ts'
import { createIdentities } from './identities.ts'
import { refusalOf, silent } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

const t = initTRPC
  .context<PortcullisContext>()
  .meta<PortcullisMeta>()
  .create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })
const procedure = t.procedure.concat(createSessionProcedures().sessionProcedure)
const at = (freshness: NonNullable<PortcullisMeta['freshness']>) => procedure.meta({ freshness })

function createRouter(executed: string[] = []) {
  const ran = ({ path }: { path: string }) => {
    executed.push(path)
    return 'ran' as const
  }
  return t.router({
    strict: at('strict').query(ran),
    lease: procedure.query(ran),
    relaxed: at({ relaxedMs: 60_000 }).query(ran),
    lessRelaxed: at({ relaxedMs: 1 }).query(ran),
  })
}

type Api = ReturnType<typeof t.router<{ orders: ReturnType<typeof createRouter> }>>

const REFUSED = [503, 'SERVICE_UNAVAILABLE', 'ERR_UNVERIFIABLE']
const ran = (call: Promise<unknown>) => expect(call).resolves.toBe('ran')
const refused = async (call: Promise<unknown>) => expect(await refusalOf(call)).toEqual(REFUSED)

/** The router as a service with a follower of its own, on a Redis that is set up. */
async function start(options: {
  redis: RedisServer
  redisUrl?: string
  leaseMs: number
  clock?: Clock
}) {
  await using owned = new AsyncDisposableStack()
  const { redis, redisUrl = redis.url, leaseMs, clock = systemClock } = options
  await declareNewInstallation({ redisUrl: redis.url })
  const executed: string[] = []
  const router = createRouter(executed)
  const longestRelaxedMs = longestRelaxedMsOf(router)
  const common = { name: 'orders', logger: silent }
  const followed = { ...common, redisUrl, leaseMs, longestRelaxedMs, clock }
  const follower = owned.use(await createFollower(followed))
  const identities = await createIdentities()
  const service = createService({ ...common, router, keys: identities.keys, follower })
  const { url } = owned.use(await service.listen())
  const position = follower.position
  const headers = () => identities.person({ subject: 'usr_ada' }, { position })
  const running = owned.move()
  return {
    url,
    executed,
    follower,
    headers,
    single: createTRPCClient<Api>({ links: [httpLink({ url, headers })] }).orders,
    batched: createTRPCClient<Api>({ links: [httpBatchLink({ url, headers })] }).orders,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

test('when Redis is cut off, strict is refused at once, lease after the lease, relaxed after its bound', async () => {
  await using redis = await startRedis()
  await using proxy = await startTcpProxy({ target: redis.url })
  await using service = await start({ redis, redisUrl: proxy.url, leaseMs: 2_000 })
  const { single, batched, follower, executed } = service
  for (const call of [single.strict, single.lease, single.relaxed]) await ran(call.query())

  proxy.cut()
  await refused(single.strict.query())
  await ran(single.lease.query())
  await ran(single.relaxed.query())
  await eventually(() => expect(follower.isFresh()).toBe(false))
  await refused(single.lease.query())
  await refused(single.lessRelaxed.query())
  await ran(single.relaxed.query())

  executed.length = 0
  for (const other of [batched.strict, batched.lease, batched.lessRelaxed]) {
    const both = [batched.relaxed.query(), other.query()]
    await Promise.all(both.map(refused))
  }
  expect(executed).toEqual([])
  proxy.heal()
  await eventually(() => ran(single.strict.query()))
  await Promise.all([ran(batched.strict.query()), ran(batched.relaxed.query())])
})

test('a lease that has run out is asked for on demand, once for all who need it', async () => {
  await using redis = await startRedis()
  const clock = new JumpingClock()
  await using service = await start({ redis, leaseMs: 600_000, clock })
  clock.jump(600_000)
  expect(service.follower.isFresh()).toBe(false)
  await Promise.all(Array.from({ length: 20 }, () => ran(service.single.lease.query())))
  expect(service.follower.isFresh()).toBe(true)
})

test('strict knows of what was said before it was asked, whatever messages were lost', async () => {
  await using redis = await startRedis()
  await using admin = connectAdmin(redis.url)
  // May not subscribe, so that no hint arrives; and the next fence by itself is far away.
  await admin.redis.call('ACL', 'SETUSER', 'deaf', 'on', '>x', '~*', '+@all', 'resetchannels')
  const redisUrl = redis.url.replace('redis://', 'redis://deaf:x@')
  await using service = await start({ redis, redisUrl, leaseMs: 600_000 })
  const pepper = randomBytes(32).toString('base64url')
  await using publisher = createClaimsPublisher({ redisUrl: redis.url, name: 'accounts', pepper })
  await ran(service.single.strict.query())
  await publisher.publish({ subject: 'usr_ada', version: 2, id: 'change-1', cause: 'test' })
  await ran(service.single.lease.query())
  expect(await refusalOf(service.single.strict.query())).toContain('ERR_CONTEXT_STALE')
})

test('strict is not content with a lease from before, when its own fence proves nothing', async () => {
  const follower = new ScriptedFollower()
  follower.proves = false
  const identities = await createIdentities()
  const options = { service: 'orders', keys: identities.keys, follower, logger: silent }
  using portcullis = createPortcullis(options)
  const headers = await identities.person()
  const ask = (freshness: Freshness) => {
    const info = { calls: [{ procedure: { _def: { meta: { freshness } } } }] }
    return portcullis.createContext({ req: { headers }, info })
  }
  await expect(ask('strict')).rejects.toMatchObject({ reason: 'ERR_UNVERIFIABLE' })
  expect((await ask('lease')).principal).not.toBeNull()
})

test('concurrent strict requests share their fences', async () => {
  await using redis = await startRedis()
  await using proxy = await startTcpProxy({ target: redis.url })
  await using service = await start({ redis, redisUrl: proxy.url, leaseMs: 600_000 })
  proxy.delay(50)
  await using count = await countCommands(redis.url)
  await Promise.all(Array.from({ length: 100 }, () => ran(service.single.strict.query())))
  const commands = Object.fromEntries(await count.byConnection())
  expect(commands['orders:fence']).toBeGreaterThan(0)
  expect(commands['orders:fence']).toBeLessThan(20)
})

describe('a service', () => {
  const create = async (longestRelaxedMs: number, router = createRouter()) => {
    const follower = new ScriptedFollower()
    Object.assign(follower, { longestRelaxedMs })
    const { keys } = await createIdentities()
    return createService({ name: 'orders', router, keys, follower, logger: silent })
  }

  test('is not built on a follower that others would wait too short for', async () => {
    await expect(create(59_999)).rejects.toThrow(/^relaxed is relaxed by 60000 ms/)
    await expect(create(60_000)).resolves.toBeDefined()
  })

  test.each([['Strict'], [{ relaxedMs: -1 }], [{ relaxedMs: Number.NaN }], [null], [5]])(
    'is not built with freshness %j',
    async (freshness) => {
      const meta = { freshness } as PortcullisMeta
      const router = t.router({ inner: { list: procedure.meta(meta).query(() => 'ran') } })
      await expect(create(0, router as never)).rejects.toThrow(/^`freshness` of inner.list must/)
    },
  )
})

class JumpingClock implements Clock {
  #ahead = 0
  now = () => systemClock.now() + this.#ahead
  wall = () => systemClock.wall() + this.#ahead

  jump(ms: number) {
    this.#ahead += ms
  }
}

function connectAdmin(url: string) {
  const redis = new Redis(url)
  return { redis, [Symbol.asyncDispose]: async () => redis.disconnect() }
}
