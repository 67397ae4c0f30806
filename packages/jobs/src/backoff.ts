import type { BackoffOptions } from 'bullmq'

/** How long to wait before the next attempt. */
export interface Backoff {
  readonly type: 'fixed' | 'exponential'
  /** Before the second attempt, ms; `exponential` doubles it each time. */
  readonly delayMs: number
  /** Longest wait of `exponential`, ms. Default none. */
  readonly maxDelayMs?: number | undefined
}

/** BullMQ's own doubles without an end. */
const CAPPED = 'capped'

export function toBackoffOptions({ type, delayMs, maxDelayMs }: Backoff): BackoffOptions {
  return { type: maxDelayMs === undefined ? type : CAPPED, delay: delayMs }
}

/** What a worker waits for a job whose options name no strategy of BullMQ's own. */
export function createBackoffStrategy({ type, delayMs, maxDelayMs = Infinity }: Backoff) {
  return (attemptsMade: number): number =>
    type === 'fixed' ? delayMs : Math.min(maxDelayMs, delayMs * 2 ** (attemptsMade - 1))
}
