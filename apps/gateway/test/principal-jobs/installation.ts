import {
  createAssertionSigner,
  createKeyRing,
  createVerificationKeys,
  generateSigningKey,
  type SubjectId,
} from '@portcullis/context'
import { createGateway, type Gateway } from '@portcullis/gateway'
import {
  carrierOf,
  createPrincipalQueue,
  createPrincipalSource,
  createPrincipalWorker,
  definePrincipalJob,
  type PrincipalRun,
} from '@portcullis/jobs'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
} from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { type Claims, createSessionStore } from '@portcullis/sessions'
import { startRedis, startTcpProxy } from '@portcullis/testing'
import { z } from 'zod'

/** Milliseconds. */
export const LEASE_MS = 1_000
const SECRET = Buffer.alloc(32, 7).toString('base64url')
const PERMISSION = 'orders:export'
const logger = createLogger({ name: 'test', level: 'silent' })

const subject: SubjectId = 'usr_ada'
const allowed: Claims = {
  version: 1,
  roles: [],
  permissions: [],
  memberships: { org_acme: { roles: ['member'], permissions: [PERMISSION] } },
  custom: {},
}

const exportOrders = definePrincipalJob({
  name: 'orders.export',
  data: z.object({ month: z.string() }),
  permission: PERMISSION,
  backoff: { type: 'fixed', delayMs: 100 },
})

/** A gateway, and a service that runs jobs on behalf of people and reaches the log through a connection that can be cut. */
export async function startInstallation() {
  const owned = new AsyncDisposableStack()
  const redis = owned.use(await startRedis())
  const jobsRedis = owned.use(await startRedis())
  const road = owned.use(await startTcpProxy({ target: redis.url }))
  const redisUrl = redis.url
  await declareNewInstallation({ redisUrl })
  const [gatewayKeys, ordersKeys] = await Promise.all([newRing(), newRing()])
  const shared = { redisUrl, pepper: SECRET }
  let claims = allowed

  const startGateway = async (): Promise<Gateway> =>
    createGateway({
      ...shared,
      services: {},
      tokenKeys: [SECRET],
      publicUrl: 'http://127.0.0.1',
      keyRing: gatewayKeys,
      leaseMs: LEASE_MS,
      relay: { trust: { orders: ordersKeys.publicJwks() } },
      claims: { load: async () => claims },
      logger,
    })
  const gateway = owned.use(await startGateway())
  const { url, close } = await gateway.listen()
  const sessions = owned.use(
    await createSessionStore({ ...shared, name: 'login', tokenKeys: [SECRET] }),
  )
  const publisher = owned.use(createClaimsPublisher({ ...shared, name: 'accounts' }))
  const follower = owned.use(
    await createFollower({ redisUrl: road.url, name: 'orders', logger, leaseMs: LEASE_MS }),
  )
  const principals = createPrincipalSource({
    gatewayUrl: url,
    service: 'orders',
    assertion: createAssertionSigner({
      service: 'orders',
      keyRing: ordersKeys,
      clock: systemClock,
    }),
    keys: createVerificationKeys(gatewayKeys.publicJwks()),
  })
  const connection = { redisUrl: jobsRedis.url, name: 'orders', logger }
  const queue = owned.use(await createPrincipalQueue({ job: exportOrders, ...connection }))

  return {
    gateway,
    jobsRedis,
    queue,
    road,
    sessions,
    closeGateway: close,
    /** Somebody signed in, and whom a job of theirs is for. */
    async signIn() {
      const { session } = await sessions.start({
        subject,
        methods: ['pwd'],
        organization: 'org_acme',
      })
      await follower.catchUp()
      const { id, organization } = session
      return { session, carrier: carrierOf({ session: id, subject, organization }, follower) }
    },
    /** What they may do from now on. */
    async change(permissions: string[]) {
      const memberships = { org_acme: { roles: ['member'], permissions } }
      claims = { ...claims, version: claims.version + 1, memberships }
      const { version } = claims
      return publisher.publish({ subject, version, id: `chg_${version}`, cause: 'test' })
    },
    work: (process: (run: PrincipalRun) => Promise<void>) =>
      createPrincipalWorker({
        job: exportOrders,
        ...connection,
        principals,
        follower,
        process: (_data, run) => process(run),
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Goes on until it is told to stop. */
export function untilStopped({ signal }: PrincipalRun): Promise<void> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function newRing() {
  return createKeyRing({ signing: await generateSigningKey() })
}
