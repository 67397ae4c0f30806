import { Redis } from 'ioredis'

export interface RedisFacts {
  /** Redis version it speaks for; Valkey reports 7.2 there. */
  readonly version: string
  readonly maxmemoryPolicy: string
}

const ANSWER_WITHIN_MS = 1_000

/** Asks a server what it is; null if none answers there, or not without a password. */
export async function probeRedis(url: string): Promise<RedisFacts | null> {
  const redis = new Redis(url, {
    connectTimeout: ANSWER_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  redis.on('error', () => {})
  try {
    const info = await redis.info()
    return {
      version: /^redis_version:(.*?)\r?$/m.exec(info)?.[1] ?? '',
      maxmemoryPolicy: /^maxmemory_policy:(.*?)\r?$/m.exec(info)?.[1] ?? '',
    }
  } catch {
    return null
  } finally {
    redis.disconnect()
  }
}
