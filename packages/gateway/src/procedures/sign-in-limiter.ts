import type { Clock } from '@portcullis/runtime'
import { GatewayError } from '../errors.ts'
import { type Counter, Quota } from '../guard/rate-limits/quota.ts'
import type { CounterKind, SharedCounters } from '../guard/shared-counters.ts'

export interface SignInLimiterOptions {
  /** Counters in memory, at most; of more, the one used longest ago is forgotten. */
  readonly maxKeys: number
  /** Without them each gateway counts alone. */
  readonly counters?: SharedCounters | undefined
  readonly clock: Clock
}

/** Counts something in the whole installation, and in this gateway alone while Redis is away. */
export interface SignInLimiter {
  /** Counts nothing. @throws {GatewayError} `ERR_THROTTLED` if it is known here that nothing is left. */
  assertRoom(key: string): void
  /** @throws {GatewayError} `ERR_THROTTLED` with the seconds to wait. */
  take(key: string): Promise<void>
  giveBack(key: string): Promise<void>
  forget(key: string): Promise<void>
}

/** What is known here to be used up is refused without asking anybody. */
export function createSignInLimiter(
  kind: CounterKind,
  { maxKeys, counters, clock }: SignInLimiterOptions,
): SignInLimiter {
  const quota = new Quota(kind, maxKeys)

  function throttled(endsAt: number): GatewayError {
    const retryAfterSeconds = Math.max(1, Math.ceil((endsAt - clock.now()) / 1_000))
    return new GatewayError('ERR_THROTTLED', { retryAfterSeconds })
  }

  function counterWithRoom(key: string): Counter {
    const counter = quota.counterOf(key, clock.now())
    if (counter.used >= kind.limit) throw throttled(counter.endsAt)
    return counter
  }

  return {
    assertRoom: (key) => void counterWithRoom(key),
    async take(key) {
      const counter = counterWithRoom(key)
      counter.used += 1
      const total = await counters?.add(kind, key, 1)
      if (total === undefined) return
      counter.used = Math.max(counter.used, total.used)
      counter.endsAt = clock.now() + total.endsInMs
      if (total.used > kind.limit) throw throttled(counter.endsAt)
    },
    async giveBack(key) {
      const counter = quota.counterOf(key, clock.now())
      counter.used = Math.max(0, counter.used - 1)
      await counters?.add(kind, key, -1)
    },
    async forget(key) {
      quota.counterOf(key, clock.now()).used = 0
      await counters?.forget(kind, key)
    },
  }
}
