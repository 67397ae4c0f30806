import {
  CONTEXT_HEADER,
  createAssertionSigner,
  createContextSigner,
  createKeyRing,
  generateSigningKey,
  type Position,
  type Principal,
} from '@portcullis/context'
import { createGateway } from '@portcullis/gateway'
import { createFollower, declareNewInstallation } from '@portcullis/revocation'
import { systemClock as clock, createLogger } from '@portcullis/runtime'
import {
  createService,
  createSessionProcedures,
  type PortcullisContext,
  type PortcullisMeta,
  withRefusalCode,
} from '@portcullis/service'
import { startRedis, startTcpProxy } from '@portcullis/testing'
import { createTRPCClient, httpLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'

const logger = createLogger({ name: 'test', level: 'silent' })
const secret = Buffer.alloc(32, 7).toString('base64url')

const t = initTRPC
  .context<PortcullisContext>()
  .meta<PortcullisMeta>()
  .create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })
const procedure = t.procedure.concat(createSessionProcedures().sessionProcedure)

/** @param working Hears of each call of `work` that has begun. */
function createRouter(working: () => void) {
  return t.router({
    lease: procedure.query(() => 'ran' as const),
    strict: procedure.meta({ freshness: 'strict' }).query(() => 'ran' as const),
    /** Never ends by itself. */
    work: procedure.query(async ({ ctx: { signal } }) => {
      working()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      signal.throwIfAborted()
    }),
  })
}

type Api = ReturnType<typeof t.router<{ orders: ReturnType<typeof createRouter> }>>

/**
 * A gateway on a Redis, and the service `orders`, which knows of the gateway alone.
 *
 * @param options.isDeaf Another one has taken the only stream of hints.
 */
export async function startOrdersWithoutRedis(options: { leaseMs: number; isDeaf?: boolean }) {
  await using owned = new AsyncDisposableStack()
  const { leaseMs, isDeaf = false } = options
  const redis = owned.use(await startRedis())
  await declareNewInstallation({ redisUrl: redis.url })
  const [gatewayRing, ordersRing] = await Promise.all([newRing(), newRing()])
  const gateway = owned.use(
    await createGateway({
      redisUrl: redis.url,
      services: {},
      publicUrl: 'http://127.0.0.1',
      pepper: secret,
      tokenKeys: [secret],
      keyRing: gatewayRing,
      claims: { load: async () => null },
      leaseMs,
      logger,
      relay: { trust: { orders: ordersRing.publicJwks() }, limits: { hintStreams: 1 } },
    }),
  )
  const { url: gatewayUrl } = await gateway.listen()
  const road = owned.use(await startTcpProxy({ target: gatewayUrl }))
  const assertion = createAssertionSigner({ service: 'orders', keyRing: ordersRing, clock })
  const shared = { assertion, name: 'orders', leaseMs, logger }
  if (isDeaf) owned.use(await createFollower({ ...shared, gatewayUrl }))
  const follower = owned.use(await createFollower({ ...shared, gatewayUrl: road.url }))
  const started = Promise.withResolvers<void>()
  const service = createService({
    name: 'orders',
    router: createRouter(started.resolve),
    keys: gatewayRing.publicJwks(),
    follower,
    logger,
  })
  const { url } = owned.use(await service.listen())
  const contexts = createContextSigner({ keyRing: gatewayRing, clock })
  const running = owned.move()
  return {
    gateway,
    road,
    follower,
    working: started.promise,

    /** Who calls with a context that was checked at that place. */
    async caller(subject: Principal['subject'], position: Position) {
      const target = { audience: 'orders', position, sessionEndsAt: clock.wall() + 3_600_000 }
      const { token } = await contexts.sign({ ...SOMEBODY, subject }, target)
      const links = [httpLink({ url, headers: { [CONTEXT_HEADER]: token } })]
      return createTRPCClient<Api>({ links }).orders
    },

    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const SOMEBODY: Omit<Principal, 'subject'> = {
  session: 'ses_x',
  organization: 'org_acme',
  roles: [],
  permissions: [],
  claimsVersion: 1,
  authenticatedAt: Math.floor(clock.wall() / 1_000),
  methods: ['pwd'],
  assurance: 'aal1',
  custom: {},
}

async function newRing() {
  return createKeyRing({ signing: await generateSigningKey() })
}
