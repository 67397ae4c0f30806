import { LRUCache } from 'lru-cache'
import type { CounterKind } from '../shared-counters.ts'

/** What somebody has used of a limit in the window that is open. */
export interface Counter {
  used: number
  /** On the monotonic clock, milliseconds. */
  endsAt: number
  /** Part of `used` that other gateways have not been told of. */
  unreported: number
  isReporting: boolean
}

/**
 * The counters of one limit, in memory. Their number is bounded: of more, the one used longest ago is forgotten, and its
 * owner begins anew.
 */
export class Quota {
  readonly kind: CounterKind
  readonly #counters: LRUCache<string, Counter>

  constructor(kind: CounterKind, maxKeys: number) {
    this.kind = kind
    this.#counters = new LRUCache({ max: maxKeys })
  }

  /** The counter of a key, in a new window if its last one is over. */
  counterOf(key: string, now: number): Counter {
    const counter = this.#counters.get(key)
    const endsAt = now + this.kind.windowSeconds * 1_000
    if (counter === undefined) {
      const first: Counter = { used: 0, endsAt, unreported: 0, isReporting: false }
      this.#counters.set(key, first)
      return first
    }
    if (counter.endsAt <= now) Object.assign(counter, { used: 0, endsAt, unreported: 0 })
    return counter
  }
}
