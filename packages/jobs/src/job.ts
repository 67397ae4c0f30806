import type { z } from 'zod'
import type { Backoff } from './backoff.ts'

export interface JobOptions<Name extends string, Schema extends z.ZodType> {
  /** Lower case words joined by dots and dashes, such as `outbox.replay`. It is also the name of the queue. */
  name: Name
  /** Checked when a job is added and again when it runs. Redis holds it in clear text: put no secret in it. */
  data: Schema
  /** How often a job is tried. Positive integer. Default 5. */
  attempts?: number
  /** Wait before the next attempt. Default exponential from 1000 ms. */
  backoff?: Backoff
  /** How long one attempt may take before its signal aborts, ms. Default 60_000. */
  timeoutMs?: number
  /** How long a job is kept after it ended, and how many. While it is kept, its id is not accepted again. */
  retention?: { completed?: Retention; failed?: Retention }
}

export interface Retention {
  /** Default 24 h for completed jobs, 7 days for failed ones. */
  ageMs: number
  /** Default 1000. */
  count: number
}

/** A kind of job: everything but the code that does it. */
export interface JobDefinition<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly name: Name
  readonly data: Schema
  readonly attempts: number
  readonly backoff: Backoff
  readonly timeoutMs: number
  readonly retention: { readonly completed: Retention; readonly failed: Retention }
}

const HOUR_MS = 3_600_000
const NAME = /^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/

/** @throws {TypeError} that names the option. */
export function defineJob<const Name extends string, Schema extends z.ZodType>(
  options: JobOptions<Name, Schema>,
): JobDefinition<Name, Schema> {
  const { name, data, attempts = 5, timeoutMs = 60_000 } = options
  const backoff: Backoff = options.backoff ?? { type: 'exponential', delayMs: 1_000 }
  if (!NAME.test(name)) throw new TypeError(`name: ${name} is not words joined by dots and dashes`)
  assertPositive('attempts', attempts)
  assertPositive('timeoutMs', timeoutMs)
  assertPositive('backoff.delayMs', backoff.delayMs)
  if (backoff.maxDelayMs !== undefined) assertPositive('backoff.maxDelayMs', backoff.maxDelayMs)
  const retention = {
    completed: options.retention?.completed ?? { ageMs: 24 * HOUR_MS, count: 1_000 },
    failed: options.retention?.failed ?? { ageMs: 7 * 24 * HOUR_MS, count: 1_000 },
  }
  return { name, data, attempts, backoff: { ...backoff }, timeoutMs, retention }
}

function assertPositive(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`${option}: expected a positive integer`)
  }
}
