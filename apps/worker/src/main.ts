import { createLogger, runProcess } from '@portcullis/runtime'
import { followingOf, readWorkerEnvironment } from './environment.ts'
import { startWorker } from './start-worker.ts'

const logger = createLogger({ name: 'worker' })

await runProcess({
  name: 'worker',
  logger,
  async start() {
    const environment = readWorkerEnvironment()
    logger.level = environment.LOG_LEVEL
    return startWorker({
      jobsRedisUrl: environment.JOBS_REDIS_URL,
      accountsUrl: environment.ACCOUNTS_URL,
      signingKey: environment.PORTCULLIS_SIGNING_KEY,
      jobLockMs: environment.JOB_LOCK_MS,
      outboxReplayEveryMs: environment.OUTBOX_REPLAY_EVERY_MS,
      host: environment.HOST,
      port: environment.PORT,
      metricsPort: environment.METRICS_PORT,
      following: followingOf(environment),
      logger,
    })
  },
})
