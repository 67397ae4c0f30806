import { createHmac } from 'node:crypto'
import type { Keyspace, Redis } from '@portcullis/redis'
import type { Logger } from '@portcullis/runtime'
import { RateLimiterRedis } from 'rate-limiter-flexible'

export interface SharedCountersOptions {
  /** A connection of its own. Stays the caller's to dispose of. */
  readonly redis: Redis
  readonly keyspace: Keyspace
  /** Keys that name a person or an address are made unreadable with it. */
  readonly pepper: string
  readonly logger: Logger
}

/** Counters of one kind, each in a window that begins when something is first counted. */
export interface CounterKind {
  readonly name: string
  readonly limit: number
  readonly windowSeconds: number
}

/** What all gateways have counted together. */
interface Total {
  readonly used: number
  readonly endsInMs: number
}

/** Counters that all gateways of an installation have in common. */
export interface SharedCounters {
  /** @param points Negative takes back. @returns undefined while Redis is away; it may have counted then. */
  add(kind: CounterKind, key: string, points: number): Promise<Total | undefined>
  /** Begins anew. Without effect while Redis is away. */
  forget(kind: CounterKind, key: string): Promise<void>
}

export function createSharedCounters(options: SharedCountersOptions): SharedCounters {
  const { redis, keyspace, pepper } = options
  const limiters = new Map<string, RateLimiterRedis>()
  const attempt = createAttempts(options.logger)

  function limiterOf({ name, limit, windowSeconds }: CounterKind): RateLimiterRedis {
    const known = limiters.get(name)
    if (known !== undefined) return known
    const keyPrefix = keyspace.rateLimit(name)
    const shape = { keyPrefix, points: limit, duration: windowSeconds }
    const limiter = new RateLimiterRedis({ storeClient: redis, ...shape })
    limiters.set(name, limiter)
    return limiter
  }

  return {
    add: (kind, key, points) =>
      attempt(async () => {
        const total = await limiterOf(kind).penalty(hide(pepper, key), points)
        return { used: total.consumedPoints, endsInMs: total.msBeforeNext }
      }),
    async forget(kind, key) {
      await attempt(() => limiterOf(kind).delete(hide(pepper, key)))
    },
  }
}

/** What can be recognised and not be read. */
export function hide(pepper: string, key: string): string {
  return createHmac('sha256', pepper).update(key).digest('base64url').slice(0, 22)
}

/** Says once that counters are not shared, and once that they are again. */
function createAttempts(logger: Logger) {
  let isAway = false
  return async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await ask()
      if (isAway) logger.info('Limits: gateways count together again')
      isAway = false
      return answer
    } catch (err) {
      if (!isAway) logger.warn({ err }, 'Limits: each gateway counts alone')
      isAway = true
      return undefined
    }
  }
}
