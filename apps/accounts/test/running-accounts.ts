import { randomBytes } from 'node:crypto'
import {
  ASSERTION_HEADER,
  CONTEXT_HEADER,
  createAssertionSigner,
  createContextSigner,
  createId,
  createKeyRing,
  generateSigningKey,
  type Principal,
  type SubjectId,
} from '@portcullis/context'
import { createFollower, declareNewInstallation, type LogEvent } from '@portcullis/revocation'
import { systemClock } from '@portcullis/runtime'
import { startPostgres, startRedis } from '@portcullis/testing'
import { createTRPCClient, httpLink, TRPCClientError, type TRPCLink } from '@trpc/client'
import type { AccountsRouter } from '../src/router.ts'
import { type AccountsOptions, startAccounts } from '../src/start-accounts.ts'
import { silentLogger, TOTP_KEY } from './accounts-fixture.ts'

type Headers = Record<string, string>

/** Without a gateway somebody has to raise the barrier after Redis restarted; there are no sessions to repair. */
const inPlaceOfGateway = { leaseMs: 1_000, repair: async () => undefined }

/** Accounts with the demo people on a Postgres and a Redis of its own, and those who call it. */
export async function startRunning(options: Partial<AccountsOptions> = {}) {
  const owned = new AsyncDisposableStack()
  const postgres = owned.use(await startPostgres())
  const redis = owned.use(await startRedis())
  const callers = await createCallers()
  await declareNewInstallation({ redisUrl: redis.url })
  const follower = owned.use(
    await createFollower({
      redisUrl: redis.url,
      name: 'test',
      logger: silentLogger,
      ...inPlaceOfGateway,
    }),
  )
  const events: LogEvent[] = []
  follower.onEvent((event) => void events.push(event))

  const start = (more: Partial<AccountsOptions> = {}) =>
    startAccounts({
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      pepper: callers.pepper,
      trust: callers.trust,
      totpKey: TOTP_KEY,
      logger: silentLogger,
      seed: true,
      leaseMs: 1_000,
      ...options,
      ...more,
    })
  const { url } = owned.use(await start())

  return {
    databaseUrl: postgres.url,
    redis,
    /** What the log said, in order. */
    events,
    start,
    /** As the gateway would forward a call of this person, who is checked now, to the instance `at` an address. */
    async as(subject: SubjectId, principal: Partial<Principal> = {}, at = url) {
      await follower.catchUp()
      const target = {
        audience: 'accounts',
        position: follower.position,
        sessionEndsAt: systemClock.wall() + 60_000,
      }
      const { token } = await callers.contexts.sign(toPrincipal({ subject, ...principal }), target)
      return connect(at, { [CONTEXT_HEADER]: token })
    },
    /** As another service would call. */
    async by(service: CallerName) {
      const assertion = await callers.assertions[service].sign({ audience: 'accounts' })
      return connect(url, { [ASSERTION_HEADER]: assertion })
    },
    anonymous: connect(url, {}),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export type RunningAccounts = Awaited<ReturnType<typeof startRunning>>
type CallerName = 'gateway' | 'worker' | 'stranger'

async function createCallers() {
  const clock = systemClock
  const ringOf = async () => createKeyRing({ signing: await generateSigningKey() })
  const [gateway, worker, stranger] = await Promise.all([ringOf(), ringOf(), ringOf()])
  const assertionsOf = (service: CallerName, keyRing: typeof gateway) =>
    createAssertionSigner({ service, keyRing, clock })
  return {
    pepper: randomBytes(32).toString('base64url'),
    trust: { gateway: gateway.publicJwks(), worker: worker.publicJwks() },
    contexts: createContextSigner({ keyRing: gateway, clock }),
    assertions: {
      gateway: assertionsOf('gateway', gateway),
      worker: assertionsOf('worker', worker),
      stranger: assertionsOf('stranger', stranger),
    },
  }
}

function connect(url: string, headers: Headers) {
  const underAccounts: TRPCLink<AccountsRouter> =
    () =>
    ({ op, next }) =>
      next({ ...op, path: `accounts.${op.path}` })
  return createTRPCClient<AccountsRouter>({ links: [underAccounts, httpLink({ url, headers })] })
}

function toPrincipal(overrides: Partial<Principal> & { subject: SubjectId }): Principal {
  return {
    session: createId('ses'),
    organization: 'org_acme',
    roles: ['owner'],
    permissions: ['members:manage', 'orders:read', 'orders:write'],
    claimsVersion: 1,
    authenticatedAt: Math.floor(systemClock.wall() / 1000),
    methods: ['pwd'],
    assurance: 'aal1',
    custom: {},
    ...overrides,
  }
}

/** How a call was refused: HTTP status and code. */
export async function refusalOf(call: Promise<unknown>): Promise<unknown[]> {
  const error = await call.then(
    () => new Error('the call was answered'),
    (caught: unknown) => caught,
  )
  if (!(error instanceof TRPCClientError)) throw error
  return [error.data?.httpStatus, error.data?.portcullis?.code ?? error.data?.code]
}
