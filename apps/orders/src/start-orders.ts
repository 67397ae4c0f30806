import type { Tracer } from '@opentelemetry/api'
import { createFollower } from '@portcullis/revocation'
import type { Logger } from '@portcullis/runtime'
import { createProcessMetrics, serveMetrics } from '@portcullis/runtime/prometheus'
import {
  createService,
  type KeySource,
  type ListenOptions,
  longestRelaxedMsOf,
} from '@portcullis/service'
import { createChangeFeed } from './change-feed.ts'
import { openDatabase } from './database/database.ts'
import { migrate } from './database/migrate.ts'
import { createOrderStore } from './order-store.ts'
import { createOrdersRouter } from './router.ts'

export interface OrdersOptions extends ListenOptions {
  databaseUrl: string
  redisUrl: string
  /** Public keys of the gateway, and of the services that may call this one. */
  trust: { gateway: KeySource } & Record<string, KeySource>
  logger: Logger
  /** See `FollowerOptions`. */
  leaseMs?: number
  /** How long it goes on answering when it is told to stop, in milliseconds. Default 0. */
  drainDelayMs?: number
  replicas?: number
  /** Makes spans of requests, calls and statements. Default nobody. */
  tracer?: Tracer | undefined
  /** Where `/metrics` is, on 127.0.0.1 alone. Default nowhere. */
  metricsPort?: number | undefined
  /** How often it looks for changes made on other instances, in milliseconds. Default 500. */
  pollIntervalMs?: number
}

export interface RunningOrders extends AsyncDisposable {
  readonly url: string
}

/** Resolves once it serves. Disposal drains it, then closes what it opened. */
export async function startOrders(options: OrdersOptions): Promise<RunningOrders> {
  const { logger, redisUrl, trust, pollIntervalMs, leaseMs, replicas } = options
  await using owned = new AsyncDisposableStack()

  const database = openDatabase({
    url: options.databaseUrl,
    tracer: options.tracer,
    onError: (err) => logger.warn({ err }, 'a connection to the database broke'),
  })
  owned.defer(() => database.$client.end())
  await migrate(database)

  const store = createOrderStore(database)
  const feed = owned.use(createChangeFeed({ store, logger, pollIntervalMs }))
  const router = createOrdersRouter({ store, feed })
  const metrics = options.metricsPort === undefined ? undefined : createProcessMetrics()
  const follower = owned.use(
    await createFollower({
      redisUrl,
      name: 'orders',
      logger,
      leaseMs,
      replicas,
      longestRelaxedMs: longestRelaxedMsOf(router),
      metrics,
    }),
  )
  const service = createService({
    name: 'orders',
    router,
    keys: trust.gateway,
    trust,
    follower,
    metrics,
    tracer: options.tracer,
    logger,
    limits: { drainDelayMs: options.drainDelayMs ?? 0 },
    ready: () => database.execute('select 1').then(() => true),
  })
  const { url } = owned.use(await service.listen(options))
  if (metrics) owned.use(await serveMetrics({ metrics, port: options.metricsPort ?? 0 }))

  const running = owned.move()
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
