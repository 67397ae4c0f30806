import { mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { acquireLock, startPostgres } from '@portcullis/testing'
import type { Surroundings } from './apps.ts'
import { chooseMetricsPorts, choosePorts, chooseWorkersPorts } from './choose-ports.ts'
import { loadDevelopmentKeys } from './development-keys.ts'
import { ROOT } from './paths.ts'
import { provideRedis } from './provide-redis.ts'

export interface Development {
  readonly surroundings: Surroundings
  /** Which servers these are, for people. */
  readonly redis: string
  readonly postgres: string
}

export interface DevelopmentNeeds {
  /** What is started goes in here. */
  readonly resources: AsyncDisposableStack
  /** Keys and data between runs; one process uses it at a time. */
  readonly stateFolder: string
  readonly say: (line: string) => void
}

/** A predecessor that is just ending has this long. */
const LOCK_TIMEOUT_MS = 10_000

/**
 * Everything the apps need in development: Redis, Postgres, keys and ports.
 *
 * @throws {TestingError} `ERR_LOCK_TIMEOUT`, `ERR_REDIS_NOT_FOUND` and what a server's start throws.
 */
export async function prepareDevelopment(needs: DevelopmentNeeds): Promise<Development> {
  const { resources, say, stateFolder } = needs
  const environment = process.env
  resources.use(await lockState(needs))
  const redis = resources.use(
    await provideRedis({ environment, folder: join(stateFolder, 'redis'), say }),
  )
  const postgres = resources.use(
    await providePostgres(environment['DATABASE_URL'], join(stateFolder, 'postgres')),
  )
  const surroundings = {
    redisUrl: redis.url,
    jobsRedisUrl: redis.jobsUrl,
    databaseUrl: postgres.url,
    ports: await choosePorts(say),
    ...(await chooseWorkersPorts(say)),
    metricsPorts: await chooseMetricsPorts(),
    keys: await loadDevelopmentKeys(join(stateFolder, 'keys.json')),
    logLevel: environment['LOG_LEVEL'] || 'info',
    openTelemetry: openTelemetryOf(environment),
  }
  return { surroundings, redis: redis.description, postgres: postgres.description }
}

function openTelemetryOf(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const variables = Object.entries(environment)
  return Object.fromEntries(variables.filter(([name]) => name.startsWith('OTEL_')))
}

async function lockState({ stateFolder, say }: DevelopmentNeeds): Promise<Disposable> {
  await mkdir(stateFolder, { recursive: true })
  return acquireLock(join(stateFolder, 'dev.lock'), {
    timeoutMs: LOCK_TIMEOUT_MS,
    onWait: () => say(`Another process uses ${stateFolder}; waiting for it to end.`),
  })
}

async function providePostgres(databaseUrl: string | undefined, folder: string) {
  if (databaseUrl) {
    return { url: databaseUrl, description: 'DATABASE_URL', [Symbol.asyncDispose]: async () => {} }
  }
  const server = await startPostgres({ databaseUrl: undefined, folder })
  return { ...server, description: `embedded, data in ${relative(ROOT, folder)}` }
}
