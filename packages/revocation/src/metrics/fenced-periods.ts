import type { Clock, Counter, Logger } from '@portcullis/runtime'
import type { Lease } from '../fence/lease.ts'

/** Watches when this instance has no lease: says so in the log at the beginning and the end, and counts the seconds. */
export interface FencedPeriods extends Disposable {
  /** After each fence. */
  check(): void
}

export interface FencedPeriodsOptions {
  readonly lease: Pick<Lease, 'endsAt' | 'isHeld'>
  readonly clock: Clock
  readonly logger: Logger
  readonly seconds: Counter
  /** How often the seconds are counted while there is no lease, in milliseconds. */
  readonly intervalMs: number
}

/** Observes only: what decides compares the clock with the lease, however late this timer is. */
export function createFencedPeriods(options: FencedPeriodsOptions): FencedPeriods {
  const { lease, clock, logger, seconds, intervalMs } = options
  const createdAt = clock.now()
  let since: number | undefined
  let countedTo = createdAt
  let timer: NodeJS.Timeout | undefined

  function begin() {
    since = Math.max(createdAt, lease.endsAt)
    countedTo = since
    logger.warn('no lease: decisions are refused')
  }

  function count(now: number) {
    seconds.add(Math.max(0, now - countedTo) / 1_000)
    countedTo = now
  }

  function check() {
    clearTimeout(timer)
    const now = clock.now()
    const isHeld = lease.isHeld()
    if (!isHeld && since === undefined) begin()
    if (since !== undefined) count(now)
    if (isHeld && since !== undefined) {
      logger.info({ fencedMs: Math.round(now - since) }, 'the lease is back')
      since = undefined
    }
    timer = setTimeout(check, isHeld ? Math.ceil(lease.endsAt - now) : intervalMs).unref()
  }

  return {
    check,
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
