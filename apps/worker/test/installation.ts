import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import {
  CONTEXT_HEADER,
  createContextSigner,
  createId,
  createKeyRing,
  generateSigningKey,
  type Principal,
} from '@portcullis/context'
import { createFollower, declareNewInstallation, type LogEvent } from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { findFreePort, startPostgres, startProcess, startRedis } from '@portcullis/testing'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import type { AccountsRouter } from 'accounts/router'
import { startWorker, type WorkerOptions } from '../src/start-worker.ts'
import { underAccounts } from '../src/under-accounts.ts'

const ACCOUNTS_MAIN = fileURLToPath(new URL('../../accounts/src/main.ts', import.meta.url))
const WORKER_MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const silent = createLogger({ name: 'test', level: 'silent' })

/** Without a gateway somebody has to raise the barrier after Redis restarted; there are no sessions to repair. */
const inPlaceOfGateway = { leaseMs: 1_000, repair: async () => undefined }

/** Real servers, real processes of accounts, and what the log says. */
export async function startInstallation() {
  const owned = new AsyncDisposableStack()
  const postgres = owned.use(await startPostgres())
  const redis = owned.use(await startRedis())
  const jobsRedisUrl = `${redis.url}/1`
  const gateway = await createKeyRing({ signing: await generateSigningKey() })
  const signingKey = await generateSigningKey()
  const worker = await createKeyRing({ signing: signingKey })
  const trust = { gateway: gateway.publicJwks(), worker: worker.publicJwks() }
  const pepper = randomBytes(32).toString('base64url')
  const contexts = createContextSigner({ keyRing: gateway, clock: systemClock })
  await declareNewInstallation({ redisUrl: redis.url })
  const followed = { redisUrl: redis.url, name: 'test', logger: silent, ...inPlaceOfGateway }
  const follower = owned.use(await createFollower(followed))
  const events: LogEvent[] = []
  follower.onEvent((event) => void events.push(event))

  return {
    redisUrl: redis.url,
    jobsRedisUrl,
    databaseUrl: postgres.url,
    /** What the log said of a subject. */
    eventsOf: (subject: string) => events.filter((event) => event.subject === subject),
    /** A process of accounts. It reaches Redis at `redisUrl`. */
    async startAccounts(options: { redisUrl?: string; port?: number } = {}) {
      const port = options.port ?? (await findFreePort())
      const url = `http://127.0.0.1:${port}`
      const child = await startProcess({
        command: process.execPath,
        args: [ACCOUNTS_MAIN],
        env: {
          PORT: String(port),
          REDIS_URL: options.redisUrl ?? redis.url,
          DATABASE_URL: postgres.url,
          PORTCULLIS_PEPPER: pepper,
          PORTCULLIS_TRUST: JSON.stringify(trust),
          SEED_DEMO: '1',
          LOG_LEVEL: 'warn',
        },
        readyUrl: `${url}/readyz`,
      })
      return { url, port, child, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
    },
    startWorker: (options: Pick<WorkerOptions, 'accountsUrl'> & Partial<WorkerOptions>) =>
      startWorker({
        jobsRedisUrl,
        signingKey,
        logger: silent,
        outboxReplayEveryMs: 200,
        ...options,
      }),
    /** A process of the worker, for those who kill it. */
    async startWorkerProcess(accountsUrl: string, environment: Record<string, string> = {}) {
      const port = await findFreePort()
      return startProcess({
        command: process.execPath,
        args: [WORKER_MAIN],
        env: {
          PORT: String(port),
          JOBS_REDIS_URL: jobsRedisUrl,
          ACCOUNTS_URL: accountsUrl,
          PORTCULLIS_SIGNING_KEY: JSON.stringify(signingKey),
          LOG_LEVEL: 'warn',
          ...environment,
        },
        readyUrl: `http://127.0.0.1:${port}/readyz`,
      })
    },
    /** What Ada's calls look like when they come through the gateway. */
    async adaAt(url: string): Promise<TRPCClient<AccountsRouter>> {
      await follower.catchUp()
      const sessionEndsAt = systemClock.wall() + 60_000
      const target = { audience: 'accounts', position: follower.position, sessionEndsAt }
      const { token } = await contexts.sign(ada(), target)
      return createTRPCClient<AccountsRouter>({
        links: [underAccounts, httpLink({ url, headers: { [CONTEXT_HEADER]: token } })],
      })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function ada(): Principal {
  return {
    subject: 'usr_ada',
    session: createId('ses'),
    organization: 'org_acme',
    roles: ['owner'],
    permissions: ['members:manage'],
    claimsVersion: 1,
    authenticatedAt: Math.floor(systemClock.wall() / 1000),
    methods: ['pwd'],
    assurance: 'aal1',
    custom: {},
  }
}
