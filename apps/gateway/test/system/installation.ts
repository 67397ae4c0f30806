import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SigningJwk, signingJwkSchema } from '@portcullis/context'
import { declareNewInstallation } from '@portcullis/revocation'
import {
  findFreePort,
  type PostgresServer,
  type RedisOptions,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@portcullis/testing'
import { type AppProcess, startApp } from '../app-process.ts'
import { type AppName, createEnvironments, type Surroundings } from '../environments.ts'

/** Servers and secrets of one installation; which processes there are, and who sends to whom, the test says. */
export interface Installation extends AsyncDisposable {
  readonly redis: RedisServer
  readonly postgres: PostgresServer
  /** With which its gateways sign contexts. */
  readonly signingKey: SigningJwk
  /**
   * Starts a process and waits until it is ready. Redis and Postgres are the installation's unless told otherwise.
   *
   * @param settings Further variables of its environment.
   */
  start(
    app: AppName,
    surroundings?: Partial<Surroundings>,
    settings?: NodeJS.ProcessEnv,
  ): Promise<AppProcess>
}

/** Many processes of few programs: compiled once, they start in half the time. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'portcullis-compile-cache')

export interface InstallationOptions {
  readonly redis?: RedisOptions
  /** Lease of every process, in milliseconds. Default the apps' own. */
  readonly leaseMs?: number
}

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  await using owned = new AsyncDisposableStack()
  const [redis, postgres] = await Promise.all([startRedis(options.redis), startPostgres()])
  owned.use(redis)
  owned.use(postgres)
  await declareNewInstallation({ redisUrl: redis.url })
  const environmentOf = await createEnvironments()
  const defaults: Surroundings = {
    redisUrl: redis.url,
    jobsRedisUrl: `${redis.url}/1`,
    databaseUrl: postgres.url,
    accountsUrl: 'http://127.0.0.1:9',
    ordersUrl: 'http://127.0.0.1:9',
  }
  const { PORTCULLIS_SIGNING_KEY = '' } = environmentOf('gateway', 0, defaults)

  const common = {
    NODE_COMPILE_CACHE,
    ...(options.leaseMs !== undefined && { LEASE_MS: String(options.leaseMs) }),
  }
  const processes: AppProcess[] = []
  owned.defer(async () => {
    await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()))
  })

  const everything = owned.move()
  return {
    redis,
    postgres,
    signingKey: signingJwkSchema.parse(JSON.parse(PORTCULLIS_SIGNING_KEY)),
    async start(app, surroundings, settings) {
      const port = Number(settings?.['PORT'] ?? (await findFreePort()))
      const environment = environmentOf(app, port, { ...defaults, ...surroundings })
      const started = await startApp(app, port, { ...environment, ...common, ...settings })
      processes.push(started)
      return started
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}
