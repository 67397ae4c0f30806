import { createHmac } from 'node:crypto'
import type { Keyspace, Redis } from '@portcullis/redis'
import type { Clock, Logger } from '@portcullis/runtime'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { Counter, Quota } from './quota.ts'

export interface QuotaExchangeOptions {
  /** A connection of its own. Stays the caller's to dispose of. */
  readonly redis: Redis
  readonly keyspace: Keyspace
  /** Keys that name a person or an address are made unreadable with it. */
  readonly pepper: string
  readonly clock: Clock
  readonly logger: Logger
}

/** How gateways learn of each other's counters, beside the requests and never in their way. */
export interface QuotaExchange {
  /** Learns that a counter of this gateway has grown; others learn of it in shares. */
  grew(quota: Quota, key: string, counter: Counter): void
}

/** A gateway says what it has let through whenever it is this part of the limit. */
const SHARES = 20
/** Reports under way; what cannot be reported then is part of a later report. */
const MAX_UNDERWAY = 1_000

export function createQuotaExchange(options: QuotaExchangeOptions): QuotaExchange {
  const { pepper, clock } = options
  const limiters = new WeakMap<Quota, RateLimiterRedis>()
  const health = createHealth(options.logger)
  let underway = 0

  function limiterOf(quota: Quota): RateLimiterRedis {
    const known = limiters.get(quota)
    if (known !== undefined) return known
    const { name, limit, windowSeconds } = quota.limit
    const limiter = new RateLimiterRedis({
      storeClient: options.redis,
      keyPrefix: options.keyspace.rateLimit(name),
      points: limit,
      duration: windowSeconds,
    })
    limiters.set(quota, limiter)
    return limiter
  }

  async function report(quota: Quota, key: string, counter: Counter): Promise<void> {
    const points = counter.unreported
    counter.unreported = 0
    try {
      const hidden = createHmac('sha256', pepper).update(key).digest('base64url').slice(0, 22)
      const total = await limiterOf(quota).penalty(hidden, points)
      counter.used = total.consumedPoints + counter.unreported
      counter.endsAt = clock.now() + total.msBeforeNext
      health.isAnswering()
    } catch (cause) {
      // It may have counted. Better told twice than never.
      counter.unreported += points
      health.isAway(cause)
    }
  }

  return {
    grew(quota, key, counter) {
      const share = Math.ceil(quota.limit.limit / SHARES)
      if (counter.unreported < share || counter.isReporting || underway >= MAX_UNDERWAY) return
      counter.isReporting = true
      underway += 1
      report(quota, key, counter)
        .finally(() => {
          counter.isReporting = false
          underway -= 1
        })
        // `report` handles what can fail.
        .catch(() => {})
    },
  }
}

/** Says once that counters are not exchanged, and once that they are again. */
function createHealth(logger: Logger) {
  let isAway = false
  return {
    isAway(err: unknown) {
      if (!isAway) logger.warn({ err }, 'Rate limits: each gateway counts alone')
      isAway = true
    },
    isAnswering() {
      if (isAway) logger.info('Rate limits: gateways count together again')
      isAway = false
    },
  }
}
