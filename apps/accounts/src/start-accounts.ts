import type { Tracer } from '@opentelemetry/api'
import { connectRedis, createKeyspace, whenReady } from '@portcullis/redis'
import { createClaimsPublisher, createFollower, createSubjectHandles } from '@portcullis/revocation'
import { type Logger, systemClock } from '@portcullis/runtime'
import { createProcessMetrics, serveMetrics } from '@portcullis/runtime/prometheus'
import { createService, type KeySource } from '@portcullis/service'
import { sql } from 'drizzle-orm'
import { createCommit } from './claims/commit-change.ts'
import { type Database, openDatabase } from './database/database.ts'
import { migrate } from './database/migrate.ts'
import { seedDemo } from './demo/seed-demo.ts'
import { createMemberChanges } from './members/change-member.ts'
import { createOrganizationChanges } from './organizations/change-organization.ts'
import { createOutbox } from './outbox/outbox.ts'
import { createPasswordHasher } from './passwords/password-hasher.ts'
import { createPersonChanges } from './people/change-person.ts'
import { createRoleChanges } from './roles/change-role.ts'
import { createAccountsRouter } from './router.ts'
import { createSecondFactor } from './totp/second-factor.ts'

const NAME = 'accounts'

export interface AccountsOptions {
  databaseUrl: string
  /** The Redis of sessions and log. */
  redisUrl: string
  /** The installation's pepper. */
  pepper: string
  /** Encrypts the secrets of second factors, 32 bytes in base64url. Without it nobody can enrol one. */
  totpKey?: string | undefined
  /** Public keys of those who may call, by name. Contexts are the gateway's. */
  trust: Readonly<Record<string, KeySource>> & { readonly gateway: KeySource }
  logger: Logger
  /** See `FollowerOptions`. */
  leaseMs?: number
  /** How long it goes on answering when it is told to stop, in milliseconds. Default 0. */
  drainDelayMs?: number
  replicas?: number
  /** Default `127.0.0.1`. */
  host?: string
  /** Default 0, a free one. */
  port?: number
  /** Makes spans of requests, calls and statements. Default nobody. */
  tracer?: Tracer | undefined
  /** Where `/metrics` is, on 127.0.0.1 alone. Default nowhere. */
  metricsPort?: number | undefined
  /** Adds the demo people. Default false. */
  seed?: boolean
  /** How long a mutation waits for its event to be published, ms. Default 1000. */
  publishTimeoutMs?: number
}

export interface Accounts extends AsyncDisposable {
  readonly url: string
}

/** How long Redis may take to answer at start, ms. */
const REDIS_START_TIMEOUT_MS = 10_000

/**
 * Migrates the database, follows the event log and listens.
 *
 * @throws when the database or Redis cannot be reached, the pepper is not the installation's, or the address is taken.
 */
export async function startAccounts(options: AccountsOptions): Promise<Accounts> {
  const { redisUrl, pepper, trust, logger, leaseMs, replicas } = options
  await using started = new AsyncDisposableStack()
  const database = started.use(openLogged(options))
  await migrate(database)
  const passwords = await createPasswordHasher()
  if (options.seed) await seedDemo(database, passwords)

  await assertPepper(options)
  const publisher = started.use(createClaimsPublisher({ redisUrl, name: NAME, pepper, replicas }))
  const metrics = options.metricsPort === undefined ? undefined : createProcessMetrics()
  const follower = started.use(
    await createFollower({ redisUrl, name: NAME, logger, leaseMs, replicas, metrics }),
  )
  const outbox = createOutbox({
    database,
    publisher,
    enforcer: follower,
    logger,
    publishTimeoutMs: options.publishTimeoutMs,
  })
  const commit = createCommit({ database, outbox })
  const service = createService({
    name: NAME,
    router: createAccountsRouter({
      database,
      passwords,
      secondFactor: createSecondFactor({ ...options, database, commit, now: systemClock.wall }),
      commit,
      outbox,
      members: createMemberChanges(commit),
      roles: createRoleChanges(commit),
      people: createPersonChanges(commit),
      organizations: createOrganizationChanges(commit),
    }),
    keys: trust.gateway,
    trust,
    follower,
    metrics,
    tracer: options.tracer,
    logger,
    limits: { drainDelayMs: options.drainDelayMs ?? 0 },
    ready: () => answers(database),
  })
  const { url } = started.use(
    await service.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 }),
  )
  if (metrics) started.use(await serveMetrics({ metrics, port: options.metricsPort ?? 0 }))
  const running = started.move()
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

// With another pepper than the gateways', changes of claims would be announced under names that nobody looks at.
async function assertPepper({ redisUrl: url, pepper }: AccountsOptions): Promise<void> {
  const redis = connectRedis({ url, role: 'commands', name: NAME })
  try {
    await whenReady(redis, REDIS_START_TIMEOUT_MS)
    await createSubjectHandles(pepper).assertPepper(redis, createKeyspace())
  } finally {
    redis.disconnect()
  }
}

function openLogged({ databaseUrl: url, tracer, logger }: AccountsOptions): Database {
  const onConnectionError = (err: Error) => logger.warn({ err }, 'a database connection broke')
  return openDatabase({ url, onConnectionError, tracer })
}

async function answers({ statements }: Database): Promise<boolean> {
  await statements.execute(sql`select 1`)
  return true
}
