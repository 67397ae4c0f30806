import { createLogger, runProcess } from '@portcullis/runtime'
import { readOrdersEnvironment } from './environment.ts'
import { startOrders } from './start-orders.ts'

const logger = createLogger({ name: 'orders' })

await runProcess({
  name: 'orders',
  logger,
  shutdownTimeoutMs: 30_000,
  async start() {
    const environment = readOrdersEnvironment()
    logger.level = environment.LOG_LEVEL
    return startOrders({
      databaseUrl: environment.DATABASE_URL,
      redisUrl: environment.REDIS_URL,
      leaseMs: environment.LEASE_MS,
      drainDelayMs: environment.DRAIN_DELAY_MS,
      replicas: environment.REDIS_REPLICAS,
      trust: environment.PORTCULLIS_TRUST,
      host: environment.HOST,
      port: environment.PORT,
      metricsPort: environment.METRICS_PORT,
      logger,
    })
  },
})
