import { GatewayError } from '../../errors.ts'
import type { GatewayLimits } from '../../limits.ts'

/** What waits for its turn at a service. Exactly one of the two is called, once, unless it is forgotten. */
export interface Waiting {
  /** It has a place now, which it must leave. */
  onPlace(): void
  /** @param error Why it gets none. */
  onRefused(error: GatewayError): void
}

type GateLimits = Pick<GatewayLimits, 'serviceConcurrency' | 'serviceQueue' | 'serviceQueueMs'>

/**
 * How much one service is asked at once. What is more than that waits in line for a moment; what is more than the line
 * holds, or waits longer, is refused, so that a slow service costs its own callers a quick answer and nobody memory.
 */
export class Gate {
  readonly #limits: GateLimits
  /** In line, by when they give up: the first is the one that gives up first. */
  readonly #line = new Map<Waiting, number>()
  #inFlight = 0
  #isAdmitting = false
  #timer: NodeJS.Timeout | undefined

  constructor(limits: GateLimits) {
    this.#limits = limits
  }

  /** Whether there was a place, which is then taken. */
  enter(): boolean {
    if (this.#inFlight >= this.#limits.serviceConcurrency) return false
    this.#inFlight++
    return true
  }

  /** @throws {GatewayError} `ERR_SERVICE_BUSY` if the line is full. */
  wait(waiting: Waiting): void {
    const { serviceQueue, serviceQueueMs } = this.#limits
    if (this.#line.size >= serviceQueue) throw new GatewayError('ERR_SERVICE_BUSY')
    this.#line.set(waiting, performance.now() + serviceQueueMs)
    this.#timer ??= setTimeout(this.#refuseLate, serviceQueueMs)
  }

  /** Somebody in line has gone. */
  forget(waiting: Waiting): void {
    this.#line.delete(waiting)
  }

  leave(): void {
    this.#inFlight--
    // Whoever is admitted below may leave at once: the loop goes on, instead of going deeper.
    if (this.#isAdmitting || this.#line.size === 0) return
    this.#isAdmitting = true
    for (const waiting of this.#line.keys()) {
      if (!this.enter()) break
      this.#line.delete(waiting)
      waiting.onPlace()
    }
    this.#isAdmitting = false
  }

  readonly #refuseLate = (): void => {
    this.#timer = undefined
    const now = performance.now()
    for (const [waiting, until] of this.#line) {
      if (until > now) {
        this.#timer = setTimeout(this.#refuseLate, until - now)
        return
      }
      this.#line.delete(waiting)
      waiting.onRefused(new GatewayError('ERR_SERVICE_BUSY'))
    }
  }
}
