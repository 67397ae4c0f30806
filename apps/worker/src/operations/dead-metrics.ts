import { type Logger, type Metrics, noMetrics } from '@portcullis/runtime'
import type { WatchedQueue } from './dead-letters.ts'

/** Between two counts, ms. */
const COUNT_EVERY_MS = 10_000

/** Counts dead letters for whoever looks at the metrics. What it cannot count stays as it was. */
export function measureDead(options: {
  queues: ReadonlyMap<string, WatchedQueue>
  metrics?: Metrics | undefined
  logger: Logger
}): Disposable {
  const { queues, metrics = noMetrics, logger } = options
  const counted = new Map<string, number>()
  metrics.gauge({
    name: 'portcullis_jobs_dead',
    help: 'Jobs that failed for good and are kept as dead letters.',
    labels: ['job'],
    read: () => [...counted].map(([job, dead]) => [{ job }, dead] as const),
  })

  async function count() {
    for (const [job, queue] of queues) counted.set(job, (await queue.count()).failed)
  }
  const look = () => {
    count().catch((err) => logger.warn({ err }, 'dead letters cannot be counted'))
  }
  const timer = setInterval(look, COUNT_EVERY_MS).unref()
  look()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
