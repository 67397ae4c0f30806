import { declareNewInstallation } from '@portcullis/revocation'
import {
  findFreePort,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@portcullis/testing'
import { type AppProcess, startApp } from './app-process.ts'
import { APPS, type AppName, createEnvironments } from './environments.ts'

export interface ConstellationOptions {
  /** How many instances of each. Default one gateway, accounts and orders, no worker. */
  gateways?: number
  accounts?: number
  orders?: number
  worker?: number
  /** Whether the worker serves `operations`, and may have a gateway end sessions. Default not. */
  operations?: boolean
  /** Where an instance finds Redis, such as a proxy that can be cut. Default the server itself. */
  redisUrlOf?: (redis: RedisServer, app: AppName, index: number) => string | Promise<string>
}

export interface Constellation extends AsyncDisposable {
  readonly redis: RedisServer
  readonly postgres: PostgresServer
  /** The nth gateway sends to the nth accounts and the nth orders, round and round. */
  readonly gateways: readonly AppProcess[]
  readonly accounts: readonly AppProcess[]
  readonly orders: readonly AppProcess[]
  readonly worker: readonly AppProcess[]
  /** Starts one more instance and waits until it is ready. */
  add(app: AppName): Promise<AppProcess>
}

/** The apps as processes of their own over loopback HTTP, with a Redis and a Postgres of their own; all are ready. */
export async function startConstellation(
  options: ConstellationOptions = {},
): Promise<Constellation> {
  const { gateways = 1, accounts = 1, orders = 1, worker = 0 } = options
  const wanted = { gateway: gateways, accounts, orders, worker }
  await using owned = new AsyncDisposableStack()
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()])
  owned.use(redis)
  await declareNewInstallation({ redisUrl: redis.url })
  owned.use(postgres)

  const environmentOf = await createEnvironments()
  const operationsPort = await findFreePort()
  const running: Record<AppName, AppProcess[]> = {
    accounts: [],
    orders: [],
    gateway: [],
    worker: [],
  }
  owned.defer(async () => {
    await Promise.all(
      APPS.flatMap((app) => running[app]).map((instance) => instance[Symbol.asyncDispose]()),
    )
  })

  async function add(app: AppName, index = running[app].length): Promise<AppProcess> {
    const nth = (peers: AppProcess[]) => peers[index % peers.length]?.url ?? ''
    const port = await findFreePort()
    const environment = environmentOf(app, port, {
      redisUrl: (await options.redisUrlOf?.(redis, app, index)) ?? redis.url,
      jobsRedisUrl: `${redis.url}/1`,
      databaseUrl: postgres.url,
      accountsUrl: nth(running.accounts),
      ordersUrl: nth(running.orders),
      operationsPort,
      gatewayUrl: options.operations ? nth(running.gateway) : undefined,
    })
    const started = await startApp(app, port, environment)
    running[app][index] = started
    return started
  }

  const addAll = (app: AppName) =>
    Promise.all(Array.from({ length: wanted[app] }, (_, index) => add(app, index)))
  await Promise.all([addAll('accounts'), addAll('orders')])
  await addAll('gateway')
  await addAll('worker')

  const everything = owned.move()
  const { gateway, ...others } = running
  return {
    redis,
    postgres,
    gateways: gateway,
    ...others,
    add,
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}
