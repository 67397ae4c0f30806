import type { Clock } from '@portcullis/runtime'
import type { Authentication, Authenticator } from '../../authenticator.ts'
import { GatewayError } from '../../errors.ts'
import { isPlausibleToken } from '../../forward/proof.ts'
import { networkOf } from '../network.ts'
import { type Counter, Quota } from './quota.ts'
import type { QuotaExchange } from './quota-exchange.ts'
import { type CheckedLimit, isMatch } from './rate-limit.ts'

export interface RateLimitsOptions {
  readonly rateLimits: readonly CheckedLimit[]
  /** Counters of one limit, at most. */
  readonly rateLimitKeys: number
  readonly authenticator: Authenticator
  /** Without it each gateway counts alone. */
  readonly quotaExchange?: QuotaExchange | undefined
  readonly clock: Clock
}

/** The calls of one request. */
interface LimitedCalls {
  readonly paths: readonly string[]
  readonly address: string
  /** Value of the session cookie. */
  readonly token: string | undefined
  /** Where `RateLimit` headers are added, a flat list. */
  readonly headers: string[]
}

/** Lets requests through as long as everybody stays within the limits. */
export interface RateLimits {
  /**
   * Counts the calls of a request, all of them or, if there is no room for all, none. Synchronous where the session is in
   * memory; Redis is never waited for.
   *
   * @throws {GatewayError} `ERR_RATE_LIMITED` with the seconds to wait; `ERR_UNVERIFIABLE`.
   */
  admit(calls: LimitedCalls): void | Promise<void>
}

/** A limit and what has been used of it. */
interface Limiting {
  readonly limit: CheckedLimit
  readonly quota: Quota
  /** As it stands in `RateLimit-Policy`. */
  readonly policy: string
}

/** Calls to be counted under one limit. */
interface Due extends Limiting {
  readonly points: number
}

/** The same with the counter that they go to. */
interface Charge extends Due {
  readonly key: string
  readonly counter: Counter
}

/** Paths of which is remembered what limits they have. */
const MAX_REMEMBERED = 1_000

export function createRateLimits(options: RateLimitsOptions): RateLimits {
  const { authenticator, quotaExchange, clock, rateLimitKeys } = options
  const all = options.rateLimits.map((limit) => limitingOf(limit, rateLimitKeys))
  const limitingsOf = rememberLimits(all)

  function duesOf(paths: readonly string[]): Due[] {
    if (paths.length === 1) return limitingsOf(paths[0] as string).map(once)
    const points = new Map<Limiting, number>()
    for (const one of paths.flatMap(limitingsOf)) points.set(one, (points.get(one) ?? 0) + 1)
    return [...points].map(([limiting, points]) => ({ ...limiting, points }))
  }

  function charge(dues: readonly Due[], calls: LimitedCalls, caller?: Authentication): void {
    const now = clock.now()
    const charges = dues.map((due) => {
      const key = keyOf(due.limit.by, calls.address, caller)
      return { ...due, key, counter: due.quota.counterOf(key, now) }
    })
    const lacking = charges.filter(hasNoRoom)
    if (lacking.length === 0) for (const one of charges) take(one)
    calls.headers.push(...headersOf(charges, now))
    if (lacking.length > 0) throw refusal(lacking, now)
  }

  function take({ limit, quota, points, key, counter }: Charge): void {
    counter.used += points
    if (limit.scope !== 'installation') return
    counter.unreported += points
    quotaExchange?.grew(quota, key, counter)
  }

  return {
    admit(calls) {
      if (all.length === 0) return
      const dues = duesOf(calls.paths)
      if (dues.length === 0) return
      const { token } = calls
      const isByCaller = dues.some(({ limit }) => limit.by !== 'address')
      if (!isByCaller || token === undefined || !isPlausibleToken(token)) return charge(dues, calls)
      const caller = authenticator.authenticate(token)
      if (caller instanceof Promise) return caller.then((known) => charge(dues, calls, known))
      charge(dues, calls, caller)
    },
  }
}

function limitingOf(limit: CheckedLimit, maxKeys: number): Limiting {
  const policy = `"${limit.name}";q=${limit.limit};w=${limit.windowSeconds}`
  return { limit, quota: new Quota(limit, maxKeys), policy }
}

const once = ({ limit, quota, policy }: Limiting): Due => ({ limit, quota, policy, points: 1 })

function rememberLimits(all: readonly Limiting[]): (path: string) => readonly Limiting[] {
  const known = new Map<string, readonly Limiting[]>()
  return (path) => {
    const found = known.get(path)
    if (found !== undefined) return found
    const matching = all.filter(({ limit }) => limit.calls.some((calls) => isMatch(calls, path)))
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(path, matching)
    return matching
  }
}

function keyOf(by: CheckedLimit['by'], address: string, caller: Authentication | undefined) {
  if (by === 'address' || caller === undefined) return networkOf(address)
  return by === 'session' ? caller.session.id : caller.session.subject
}

function hasNoRoom({ limit, points, counter }: Charge): boolean {
  return counter.used + points > limit.limit
}

/** What is left, as draft-ietf-httpapi-ratelimit-headers-10 writes it. */
function headersOf(charges: readonly Charge[], now: number): string[] {
  const policies = charges.map(({ policy }) => policy)
  const states = charges.map(({ limit, counter }) => {
    const left = Math.max(0, limit.limit - counter.used)
    return `"${limit.name}";r=${left};t=${secondsUntil(counter.endsAt, now)}`
  })
  return ['ratelimit-policy', policies.join(', '), 'ratelimit', states.join(', ')]
}

function refusal(lacking: readonly Charge[], now: number): GatewayError {
  const endsAt = Math.max(...lacking.map(({ counter }) => counter.endsAt))
  return new GatewayError('ERR_RATE_LIMITED', { retryAfterSeconds: secondsUntil(endsAt, now) })
}

function secondsUntil(endsAt: number, now: number): number {
  return Math.max(1, Math.ceil((endsAt - now) / 1_000))
}
