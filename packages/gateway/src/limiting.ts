import { connectRedis, type Keyspace, whenReady } from '@portcullis/redis'
import type { Clock, Logger } from '@portcullis/runtime'
import { createQuotaExchange, type QuotaExchange } from './guard/rate-limits/quota-exchange.ts'
import { createSharedCounters } from './guard/shared-counters.ts'
import { createSignInDevices } from './procedures/sign-in-devices.ts'
import { createSignInNetworks } from './procedures/sign-in-networks.ts'
import {
  type CheckedThrottle,
  createSignInThrottle,
  type SignInThrottle,
} from './procedures/sign-in-throttle.ts'
import type { TargetForm } from './request/target.ts'

export interface LimitingOptions {
  readonly redisUrl: string
  readonly keyspace: Keyspace
  readonly name: string
  readonly pepper: string
  readonly publicUrl: URL
  readonly targetForm: TargetForm
  readonly throttleLimits: CheckedThrottle
  readonly clock: Clock
  readonly logger: Logger
}

/** What gateways count together, over a connection of its own. */
export interface Limiting extends AsyncDisposable {
  readonly quotaExchange: QuotaExchange
  readonly throttle: SignInThrottle
}

const START_TIMEOUT_MS = 10_000

/** @throws {RedisError} `ERR_REDIS_UNAVAILABLE` when Redis does not answer in ten seconds. */
export async function createLimiting(options: LimitingOptions): Promise<Limiting> {
  const { redisUrl: url, keyspace, name, pepper, throttleLimits, clock } = options
  const { basePath, pathSeparator } = options.targetForm
  const redis = connectRedis({ url, role: 'limits', name })
  await whenReady(redis, START_TIMEOUT_MS).catch((error: unknown) => {
    redis.disconnect()
    throw error
  })
  const counters = createSharedCounters({ ...options, redis })
  const path = `${basePath}/session${pathSeparator}signIn`
  const devices = createSignInDevices({ ...options, path })
  const store = { redis, keyspace }
  const networks = createSignInNetworks({ store, pepper, maxKeys: throttleLimits.maxKeys })
  return {
    quotaExchange: createQuotaExchange(counters, clock),
    throttle: createSignInThrottle(throttleLimits, { devices, networks, counters, clock }),
    async [Symbol.asyncDispose]() {
      redis.disconnect()
    },
  }
}
