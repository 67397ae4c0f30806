import { type Logger, type Metrics, noMetrics } from '@portcullis/runtime'
import type { Deliveries } from './deliveries.ts'
import type { Receiver } from './receiver.ts'

/** Between two looks, ms. */
const LOOK_EVERY_MS = 10_000

export interface DeliveryMetrics extends Disposable {
  onOutcome(receiver: string, outcome: 'delivered' | 'failed' | 'dead'): void
}

/** Counts attempts, and looks how long the oldest event under way has waited. What it cannot read stays as it was. */
export function createDeliveryMetrics(options: {
  receivers: readonly Pick<Receiver, 'name'>[]
  deliveries: Pick<Deliveries, 'listAges'>
  metrics?: Metrics | undefined
  logger: Logger
}): DeliveryMetrics {
  const { deliveries, metrics = noMetrics, logger } = options
  const names = options.receivers.map(({ name }) => name)
  let ages: ReadonlyMap<string, number> = new Map()
  const attempts = metrics.counter({
    name: 'portcullis_deliveries_total',
    help: 'Attempts to tell a receiver of an event, by how they ended.',
    labels: ['receiver', 'outcome'],
  })
  metrics.gauge({
    name: 'portcullis_delivery_oldest_seconds',
    help: 'How long the oldest event that a receiver has not taken waits for it.',
    labels: ['receiver'],
    read: () => [...ages].map(([receiver, ageS]) => [{ receiver }, ageS] as const),
  })

  const look = () => {
    deliveries
      .listAges(names)
      .then((found) => {
        ages = found
      })
      .catch((err) => logger.warn({ err }, 'it cannot be seen how long events wait'))
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  look()
  return {
    onOutcome: (receiver, outcome) => attempts.add(1, { receiver, outcome }),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
