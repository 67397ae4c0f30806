import { Redis } from 'ioredis'

/** What the server says it is; `unknown` if it does not. */
export async function redisVersionOf(redisUrl: string): Promise<string> {
  const redis = new Redis(redisUrl)
  const info = await redis.info('server')
  redis.disconnect()
  return /^redis_version:(.*?)\r?$/m.exec(info)?.[1] ?? 'unknown'
}
