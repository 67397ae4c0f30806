import { Redis, type RedisOptions } from 'ioredis'
import { parseRedisAddress, type RedisAddress } from './address.ts'
import { RedisError } from './errors.ts'

/**
 * What a connection is for. `commands` loads and changes, `changes` are those that replicas are waited for, `fence` proves
 * freshness and waits for replicas, `acknowledgements` says what was applied, `subscriber` hears the hints, `limits` counts
 * calls. Each has a socket of its own, so that none waits behind another.
 */
export type RedisRole =
  | 'commands'
  | 'changes'
  | 'fence'
  | 'acknowledgements'
  | 'subscriber'
  | 'limits'

export interface ConnectRedisOptions {
  /**
   * `redis://[user:password@]host:port/database`, or
   * `redis+sentinel://[user:password@]host:port,host:port/database?name=<name of the primary>`.
   */
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
/** A server that accepts the connection and does not greet within this is left. */
const HANDSHAKE_TIMEOUT_MS = 1_000
const SENTINEL_TIMEOUT_MS = 500
/** How long a server may take to close a connection that we end; a frozen one never does. */
const DISCONNECT_TIMEOUT_MS = 100

/**
 * Opens a connection that fails fast: a command that cannot be sent, or was cut off, is rejected and never sent again by
 * the driver, since it may have taken effect. Callers repeat with the same idempotency id. With sentinels each connection
 * attempt asks them for the primary; a primary that was deposed is left when it says so, one that hangs by `leaveServer`.
 *
 * @throws {TypeError} for a bad `url`; names neither user nor password.
 */
export function connectRedis(options: ConnectRedisOptions): Redis {
  const redis = new Redis({
    ...optionsByAddress(parseRedisAddress(options.url)),
    ...optionsByRole(options),
    connectionName: `${options.name}:${options.role}`,
  })
  redis.on('error', options.onError ?? ignoreUntilRetry)
  boundHandshake(redis)
  return redis
}

/**
 * Drops the connection's socket now, whatever the server does, and connects anew: to the same address, or with sentinels
 * to the server that the next of them names. What was sent and not answered is rejected; it may have taken effect. For
 * whoever finds that the server hangs or proves nothing; ending the connection stays `redis.disconnect()`.
 */
export function leaveServer(redis: Redis): void {
  // Not disconnect(): that waits for the server to close its side. Without a stream it is about to ask anyway.
  redis.stream?.destroy()
}

function optionsByAddress(address: RedisAddress): RedisOptions {
  const common: RedisOptions = {
    db: address.db,
    ...(address.user !== null && { username: address.user }),
    ...(address.password !== null && { password: address.password }),
    ...(address.isEncrypted && { tls: {} }),
  }
  if (address.kind === 'server') return { ...common, host: address.host, port: address.port }
  return {
    ...common,
    sentinels: [...address.sentinels],
    name: address.primaryName,
    role: 'master',
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    sentinelRetryStrategy: retryAfterMs,
    ...(address.isEncrypted && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  }
}

function optionsByRole({ role, commandTimeoutMs = 1_000 }: ConnectRedisOptions): RedisOptions {
  const common: RedisOptions = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // CLIENT SETINFO is not in the users' permissions, and would fill the servers' log of refusals.
    disableClientInfo: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryAfterMs,
    reconnectOnError: (error) => (DEPOSED.test(error.message) ? 1 : false),
  }
  // A time limit on SUBSCRIBE would only hide a slow start. Whoever subscribes does so at every `ready`: what the driver
  // would send by itself has no one to hear that it failed, and a rejection that reaches nobody ends the process.
  if (role === 'subscriber') return { ...common, autoResubscribe: false }
  return { ...common, commandTimeout: commandTimeoutMs }
}

// Reconnect and do not send again: the server is no primary any more.
const DEPOSED = /^(READONLY|NOREPLICAS|MASTERDOWN)/

function retryAfterMs(attempt: number): number {
  return Math.min(25 * 2 ** attempt, LONGEST_RETRY_MS)
}

function ignoreUntilRetry(): void {}

// A frozen server accepts connections all the same, and the driver would wait for its greeting for ever. The driver's own
// socketTimeout is no help: its timer survives the socket and ends the next one.
function boundHandshake(redis: Redis): void {
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearTimeout(timer)
  redis.on('connect', () => {
    stop()
    timer = setTimeout(() => leaveServer(redis), HANDSHAKE_TIMEOUT_MS)
  })
  redis.on('ready', stop)
  redis.on('close', stop)
}

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
