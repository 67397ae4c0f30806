import { Redis, type RedisOptions } from 'ioredis'
import { RedisError } from './errors.ts'

/**
 * What a connection is for. `commands` changes and loads, `fence` proves freshness and waits for replicas, `acknowledgements`
 * says what was applied, `subscriber` hears the hints. Each has a socket of its own, so that none waits behind another.
 */
export type RedisRole = 'commands' | 'fence' | 'acknowledgements' | 'subscriber'

export interface ConnectRedisOptions {
  /** `redis://[user:password@]host:port/database`. */
  readonly url: string
  readonly role: RedisRole
  /** Who connects; the server lists the connection as `<name>:<role>`. */
  readonly name: string
  /** How long one command may take, in milliseconds. Default 1,000. */
  readonly commandTimeoutMs?: number
  /** Hears connection failures; the connection itself tries again, at the latest every 500 ms. */
  readonly onError?: (error: Error) => void
}

const LONGEST_RETRY_MS = 500
const CONNECT_TIMEOUT_MS = 2_000

/**
 * Opens a connection that fails fast: a command that cannot be sent, or was cut off, is rejected and never sent again by
 * the driver, since it may have taken effect. Callers repeat with the same idempotency id.
 */
export function connectRedis(options: ConnectRedisOptions): Redis {
  const redis = new Redis(options.url, {
    ...optionsByRole(options),
    connectionName: `${options.name}:${options.role}`,
  })
  redis.on('error', options.onError ?? ignoreUntilRetry)
  return redis
}

function optionsByRole({ role, commandTimeoutMs = 1_000 }: ConnectRedisOptions): RedisOptions {
  const common: RedisOptions = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(25 * 2 ** attempt, LONGEST_RETRY_MS),
    reconnectOnError: (error) => (DEPOSED.test(error.message) ? 1 : false),
  }
  // The subscriber resubscribes by itself; a time limit on SUBSCRIBE would only hide a slow start.
  return role === 'subscriber' ? common : { ...common, commandTimeout: commandTimeoutMs }
}

// Reconnect and do not send again: the server is no primary any more.
const DEPOSED = /^(READONLY|NOREPLICAS|MASTERDOWN)/

function ignoreUntilRetry(): void {}

/**
 * Resolves when commands can be sent.
 *
 * @throws {RedisError} `ERR_REDIS_UNAVAILABLE` after `timeoutMs`.
 */
export async function whenReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new RedisError('ERR_REDIS_UNAVAILABLE')), timeoutMs)
  redis.once('ready', resolve)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    redis.off('ready', resolve)
  }
}
