import {
  CONTEXT_HEADER,
  createContextSigner,
  createId,
  createKeyRing,
  generateSigningKey,
  type Principal,
} from '@portcullis/context'
import { createFollower, declareNewInstallation } from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { type RedisServer, startPostgres, startRedis } from '@portcullis/testing'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import type { OrdersRouter } from '../src/router.ts'
import { startOrders } from '../src/start-orders.ts'
import type { router } from '../src/trpc.ts'

const logger = createLogger({ name: 'orders', level: 'silent' })

export interface Instances extends AsyncDisposable {
  readonly urls: string[]
  readonly redis: RedisServer
  /** Headers of a request that the gateway forwards for a person, by default a member of `org_acme`. */
  headersOf(principal?: Partial<Principal>): Promise<Record<string, string>>
}

/** Instances of orders on one database, and people as a gateway would send them. */
export async function startInstances(count: number): Promise<Instances> {
  await using owned = new AsyncDisposableStack()
  const { url: databaseUrl } = owned.use(await startPostgres())
  const redis = owned.use(await startRedis())
  const { url: redisUrl } = redis
  await declareNewInstallation({ redisUrl })
  const { position } = owned.use(await createFollower({ redisUrl, name: 'test', logger }))
  const keyRing = await createKeyRing({ signing: await generateSigningKey() })
  const contexts = createContextSigner({ keyRing, clock: systemClock })
  const trust = { gateway: keyRing.publicJwks() }
  const start = () => startOrders({ databaseUrl, redisUrl, trust, logger, pollIntervalMs: 20 })
  const urls = (await Promise.all(Array.from({ length: count }, start))).map((instance) => {
    owned.use(instance)
    return instance.url
  })

  const everything = owned.move()
  return {
    urls,
    redis,
    async headersOf(principal = {}) {
      const sessionEndsAt = systemClock.wall() + 60_000
      const target = { audience: 'orders', position, sessionEndsAt }
      const { token } = await contexts.sign({ ...member(), ...principal }, target)
      return { [CONTEXT_HEADER]: token }
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}

/** A stock client of one instance, which has the service's name in front of every path. */
export function connect(url: string, headers: Record<string, string>) {
  return createTRPCClient<ReturnType<typeof router<{ orders: OrdersRouter }>>>({
    links: [httpBatchLink({ url, headers })],
  }).orders
}

function member(): Principal {
  return {
    subject: createId('usr'),
    session: createId('ses'),
    organization: 'org_acme',
    roles: ['member'],
    permissions: ['orders:read', 'orders:write'],
    claimsVersion: 1,
    authenticatedAt: Math.floor(systemClock.wall() / 1000),
    methods: ['pwd'],
    assurance: 'aal1',
    custom: {},
  }
}
