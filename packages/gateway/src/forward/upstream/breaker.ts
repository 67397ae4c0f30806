import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel'
import type { GatewayLimits } from '../../limits.ts'

export interface BreakerOptions {
  readonly limits: Pick<GatewayLimits, 'breakerFailures' | 'breakerOpenMs' | 'breakerMaxOpenMs'>
  /** A request that is nobody's; resolves if it was answered. */
  tryOut(): Promise<void>
  onChange(isOpen: boolean): void
}

/** The library counts by the wall clock, which may be set. When to try is up to the timer below. */
const WHEN_TOLD = { duration: Number.NEGATIVE_INFINITY, next: () => WHEN_TOLD }

/**
 * Opens after a number of failures in a row. While it is open, requests of its own look from time to time whether the
 * other side is back; the first that is answered closes it. The wait between them doubles up to a limit.
 *
 * As long as nothing fails, a success costs one comparison.
 */
export class Breaker implements Disposable {
  isOpen = false
  readonly #options: BreakerOptions
  readonly #policy
  #hasFailed = false
  #waitMs = 0
  #triesAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: BreakerOptions) {
    this.#options = options
    const breaker = new ConsecutiveBreaker(options.limits.breakerFailures)
    this.#policy = circuitBreaker(handleAll, { halfOpenAfter: WHEN_TOLD, breaker })
    this.#policy.onStateChange((state) => this.#change(state))
  }

  succeeded(): void {
    if (!this.#hasFailed || this.isOpen) return
    this.#hasFailed = false
    this.#feed(async () => {})
  }

  failed(error: Error): void {
    this.#hasFailed = true
    // What was under way when it opened tells nothing new.
    if (!this.isOpen) this.#feed(() => Promise.reject(error))
  }

  /** Until it is looked again, in milliseconds. */
  get waitMs(): number {
    return Math.max(0, this.#triesAt - performance.now())
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #feed(outcome: () => Promise<void>): void {
    this.#policy.execute(outcome).catch(() => {})
  }

  #change(state: CircuitState): void {
    if (state === CircuitState.HalfOpen) return
    const { limits, onChange } = this.#options
    const wasOpen = this.isOpen
    this.isOpen = state === CircuitState.Open
    this.#waitMs = Math.min(this.#waitMs * 2 || limits.breakerOpenMs, limits.breakerMaxOpenMs)
    if (this.isOpen) this.#wait()
    else this.#waitMs = 0
    if (this.isOpen !== wasOpen) onChange(this.isOpen)
  }

  #wait(): void {
    this.#triesAt = performance.now() + this.#waitMs
    this.#timer = setTimeout(() => this.#feed(this.#options.tryOut), this.#waitMs).unref()
  }
}
