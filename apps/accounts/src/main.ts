import { createLogger, runProcess } from '@portcullis/runtime'
import { startTracing } from '@portcullis/runtime/tracing'
import { readAccountsEnvironment } from './environment.ts'
import { startAccounts } from './start-accounts.ts'

const name = 'accounts'
const logger = createLogger({ name })

await runProcess({
  name,
  logger,
  shutdownTimeoutMs: 30_000,
  async start() {
    const environment = readAccountsEnvironment()
    logger.level = environment.LOG_LEVEL
    await using started = new AsyncDisposableStack()
    const tracing = started.use(await startTracing(name))
    const running = await startAccounts({
      databaseUrl: environment.DATABASE_URL,
      redisUrl: environment.REDIS_URL,
      leaseMs: environment.LEASE_MS,
      drainDelayMs: environment.DRAIN_DELAY_MS,
      replicas: environment.REDIS_REPLICAS,
      pepper: environment.PORTCULLIS_PEPPER,
      totpKey: environment.PORTCULLIS_TOTP_KEY,
      trust: environment.PORTCULLIS_TRUST,
      seed: environment.SEED_DEMO === '1',
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
