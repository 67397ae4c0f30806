import { createLogger, runProcess } from '@portcullis/runtime'
import { startTracing } from '@portcullis/runtime/tracing'
import { readOrdersEnvironment } from './environment.ts'
import { startOrders } from './start-orders.ts'

const name = 'orders'
const logger = createLogger({ name })

await runProcess({
  name,
  logger,
  shutdownTimeoutMs: 30_000,
  async start() {
    const environment = readOrdersEnvironment()
    logger.level = environment.LOG_LEVEL
    await using started = new AsyncDisposableStack()
    const tracing = started.use(await startTracing(name))
    const running = await startOrders({
      databaseUrl: environment.DATABASE_URL,
      redisUrl: environment.REDIS_URL,
      leaseMs: environment.LEASE_MS,
      drainDelayMs: environment.DRAIN_DELAY_MS,
      replicas: environment.REDIS_REPLICAS,
      trust: environment.PORTCULLIS_TRUST,
      host: environment.HOST,
      port: environment.PORT,
      metricsPort: environment.METRICS_PORT,
      tracer: tracing?.tracer,
      logger,
    })
    started.use(running)
    return started.move()
  },
})
