import type { Position } from '@portcullis/context'
import type { Clock, Logger, Metrics } from '@portcullis/runtime'
import type { FencePage } from '../fence/fence.ts'
import type { Lease } from '../fence/lease.ts'
import type { ResetCause } from '../log/catch-up.ts'
import type { Receipt } from '../receipts/receipt.ts'
import { createFencedPeriods } from './fenced-periods.ts'

/** What a follower measures of itself. Labels are fixed words: no id, no subject. */
export interface FollowerMetrics extends Disposable {
  onFence(page: FencePage): void
  onFenceFailed(): void
  /** Hands the receipt on. */
  onReceipt(receipt: Receipt): Receipt
  onRepaired(events: number): void
  onReset(cause: ResetCause): void
}

export interface FollowerMetricsOptions {
  readonly metrics: Metrics
  readonly lease: Lease
  readonly position: () => Position
  readonly clock: Clock
  readonly logger: Logger
}

/** Seconds, from a round trip in one data centre to the longest lease. */
const ENFORCEMENT_BUCKETS = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60],
]
/** Counts of fenced seconds in one lease. */
const COUNTS_PER_LEASE = 8

export function createFollowerMetrics(options: FollowerMetricsOptions): FollowerMetrics {
  const { metrics, lease, position, clock, logger } = options
  let members = 0
  const fences = metrics.counter({
    name: 'portcullis_fences_total',
    help: 'Fences by outcome: unproven ones were answered, though not by a majority.',
    labels: ['outcome'],
  })
  const enforcement = metrics.histogram({
    name: 'portcullis_enforcement_seconds',
    help: 'From the decision to change something to what was known of it in the end.',
    labels: ['level'],
    buckets: ENFORCEMENT_BUCKETS,
  })
  const acknowledged = metrics.histogram({
    name: 'portcullis_last_acknowledgement_seconds',
    help: 'From the decision to change something to the last acknowledgement, where every instance acknowledged.',
    buckets: ENFORCEMENT_BUCKETS,
  })
  const repairs = metrics.counter({
    name: 'portcullis_repairs_total',
    help: 'Times that events were re-asserted after a change of history.',
  })
  const repaired = metrics.counter({
    name: 'portcullis_repaired_events_total',
    help: 'Events that were re-asserted after a change of history.',
  })
  const resets = metrics.counter({
    name: 'portcullis_log_resets_total',
    help: 'Times that nothing cached was believed any more, by why: the log was trimmed, or its history changed.',
    labels: ['cause'],
  })
  const fenced = createFencedPeriods({
    lease,
    clock,
    logger,
    intervalMs: lease.lengthMs / COUNTS_PER_LEASE,
    seconds: metrics.counter({
      name: 'portcullis_fenced_seconds_total',
      help: 'Time without a lease, in which decisions are refused.',
    }),
  })
  const sinceProof = () => (clock.now() - lease.endsAt + lease.lengthMs) / 1_000
  const gauges: [name: string, help: string, read: () => number][] = [
    ['lease_age_seconds', 'Since the last fence that proved freshness was sent.', sinceProof],
    [
      'lease_remaining_seconds',
      'Until decisions are refused; 0 without a lease.',
      () => (lease.isHeld() ? (lease.endsAt - clock.now()) / 1_000 : 0),
    ],
    ['log_epoch', 'Epoch of the log that is followed.', () => position().epoch],
    ['log_seq', 'Number of the last event that was applied.', () => position().seq],
    ['members', 'Instances that fence, as last listed.', () => members],
  ]
  for (const [name, help, read] of gauges) metrics.gauge({ name: `portcullis_${name}`, help, read })

  return {
    onFence(page) {
      fences.add(1, { outcome: page.isProven ? 'proven' : 'unproven' })
      if (page.members.length > 0) members = page.members.length
      fenced.check()
    },
    onFenceFailed() {
      fences.add(1, { outcome: 'failed' })
      fenced.check()
    },
    onReceipt(receipt) {
      enforcement.observe(receipt.tookMs / 1_000, { level: receipt.level })
      const lastMs = lastAcknowledgement(receipt)
      if (lastMs !== null) acknowledged.observe(lastMs / 1_000)
      return receipt
    },
    onRepaired(events) {
      repairs.add(1)
      repaired.add(events)
    },
    onReset: (cause) => resets.add(1, { cause }),
    [Symbol.dispose]: () => fenced[Symbol.dispose](),
  }
}

/** Null if anyone did not acknowledge, or nobody was asked to. */
function lastAcknowledgement({ instances }: Receipt): number | null {
  const isComplete =
    instances.length > 0 && instances.every(({ state }) => state === 'acknowledged')
  return isComplete ? Math.max(...instances.map(({ afterMs }) => afterMs ?? 0)) : null
}
