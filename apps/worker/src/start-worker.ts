import { createAssertionSigner, createKeyRing, type SigningJwk } from '@portcullis/context'
import { createJobWorker, createQueue } from '@portcullis/jobs'
import { type Logger, systemClock } from '@portcullis/runtime'
import { createProcessMetrics, serveMetrics } from '@portcullis/runtime/prometheus'
import { claims } from 'claims'
import { createAccountsClient } from './accounts-client.ts'
import { claimsFill, fillAll } from './claims-fill.ts'
import { startHealthServer } from './health-server.ts'
import type { WatchedQueue } from './operations/dead-letters.ts'
import { measureDead } from './operations/dead-metrics.ts'
import { outboxReplay, replayOutbox } from './outbox-replay.ts'
import { createMeasuredReplay } from './replay-metrics.ts'
import { type FollowingOptions, startFollowing } from './start-following.ts'

const NAME = 'worker'

export interface WorkerOptions {
  /** The Redis of the job queues. */
  jobsRedisUrl: string
  accountsUrl: string
  /** The worker's own private key; those it calls trust its public half. */
  signingKey: SigningJwk
  logger: Logger
  /** How long a worker that fell silent keeps its job, ms. Default 30_000. */
  jobLockMs?: number | undefined
  /** How often the outbox of accounts is looked at, ms. Default 5000. */
  outboxReplayEveryMs?: number
  /** Of `/healthz` and `/readyz`. Default `127.0.0.1`. */
  host?: string
  /** Default 0, a free one. */
  port?: number
  /** Where `/metrics` is, on 127.0.0.1 alone. Default nowhere. */
  metricsPort?: number | undefined
  /** What follows the log: operations, and the audit trail. Default nothing. */
  following?: FollowingOptions | undefined
}

export interface Worker extends AsyncDisposable {
  /** Of `/healthz` and `/readyz`, and of the service `audit` if there is a trail. */
  readonly url: string
  /** Of the service `operations`, if there is one. */
  readonly operationsUrl: string | undefined
  /** Where the keys of Security Event Tokens are served, if there are any. */
  readonly keysUrl: string | undefined
}

/**
 * Processes the jobs of this installation. Accounts may be away: a job then fails, says so and is tried again.
 *
 * @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when the Redis of the queues cannot be reached.
 * @throws as `startFollowing` does.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { logger, metricsPort } = options
  const metrics = metricsPort === undefined ? undefined : createProcessMetrics()
  const assertion = await createSigner(options)
  const accounts = createAccountsClient({ url: options.accountsUrl, signer: assertion })
  const replay = createMeasuredReplay((run) => replayOutbox(accounts, run), metrics)
  const { jobLockMs: lockMs = 30_000 } = options
  const connection = { redisUrl: options.jobsRedisUrl, name: NAME, logger }
  const working = { ...connection, lockMs }

  await using started = new AsyncDisposableStack()
  const queue = started.use(await createQueue({ job: outboxReplay, ...connection }))
  const jobs = started.use(
    await createJobWorker({
      job: outboxReplay,
      ...working,
      process: (_data, run) => replay(run),
    }),
  )
  const fillings = started.use(await createQueue({ job: claimsFill, ...connection }))
  const filling = started.use(
    await createJobWorker({
      job: claimsFill,
      ...working,
      process: (data, run) => fillAll(accounts, data, run),
    }),
  )
  // Once for each version of the declared claims: an id that the queue still keeps is not added again.
  const { version: definition } = claims
  await fillings.add({ definition }, { id: `claims-${definition}` })
  const everyMs = options.outboxReplayEveryMs ?? 5_000
  await queue.schedule({}, { id: 'outbox-replay', everyMs })
  const { host = '127.0.0.1', port = 0 } = options
  const queues = new Map<string, WatchedQueue>([
    [outboxReplay.name, queue],
    [claimsFill.name, fillings],
  ])
  const isReady = () => jobs.isReady() && filling.isReady()
  const shared = { accounts, assertion, connection, lockMs, host, port, logger, metrics, queues }
  const { following } = options
  if (!following?.recording) logger.warn('no DATABASE_URL is given: there is no audit trail')
  const serving = following
    ? started.use(await startFollowing({ ...following, ...shared, isReady }))
    : { url: started.use(await startHealthServer({ host, port, isReady })).url }
  started.use(measureDead({ queues, metrics, logger }))
  if (metrics) started.use(await serveMetrics({ metrics, port: metricsPort ?? 0 }))

  const running = started.move()
  return {
    operationsUrl: undefined,
    keysUrl: undefined,
    ...serving,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function createSigner({ signingKey: signing }: WorkerOptions) {
  const keyRing = await createKeyRing({ signing })
  return createAssertionSigner({ service: NAME, keyRing, clock: systemClock })
}
