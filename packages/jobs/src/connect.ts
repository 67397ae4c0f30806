import { Redis, type RedisOptions } from 'ioredis'
import { JobError } from './errors.ts'

export interface ConnectionOptions {
  /** `redis://` or `rediss://` address of the queues' own database. */
  redisUrl: string
  /** Who connects; the server lists the connection as `<name>:jobs`. */
  name: string
  /** How long the first connection may take, ms. Default 10_000. */
  startTimeoutMs?: number
}

const LONGEST_RETRY_MS = 1_000

/** Adding fails fast: whoever adds a job would rather hear that it cannot than wait for a Redis that is away. */
export const addingOptions: RedisOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: 5_000,
}

/** Working waits: BullMQ asks for it, and its blocking read must survive a restart of the server. */
export const workingOptions: RedisOptions = { maxRetriesPerRequest: null }

/** @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when the server was not reached in time. */
export async function connect(
  options: ConnectionOptions,
  roleOptions: RedisOptions,
  onError: (error: Error) => void,
): Promise<Redis> {
  const redis = new Redis(options.redisUrl, {
    ...roleOptions,
    connectionName: `${options.name}:jobs`,
    retryStrategy: (attempt) => Math.min(25 * 2 ** attempt, LONGEST_RETRY_MS),
  })
  redis.on('error', onError)
  try {
    await whenReady(redis, options.startTimeoutMs ?? 10_000)
    return redis
  } catch (error) {
    redis.disconnect()
    throw error
  }
}

async function whenReady(redis: Redis, timeoutMs: number): Promise<void> {
  const ready = Promise.withResolvers<void>()
  const expire = () => ready.reject(new JobError('ERR_QUEUE_UNAVAILABLE'))
  const timer = setTimeout(expire, timeoutMs)
  redis.once('ready', ready.resolve)
  try {
    await ready.promise
  } finally {
    clearTimeout(timer)
    redis.off('ready', ready.resolve)
  }
}
