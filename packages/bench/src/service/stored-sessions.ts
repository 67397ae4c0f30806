import type { Principal } from '@portcullis/context'
import { Redis } from 'ioredis'

/** Sessions as anybody keeps them in Redis, to be asked for by a key. */
export interface StoredSessions extends Disposable {
  readonly keys: readonly string[]
  get(key: string): Promise<string>
}

export async function storeSessions(
  redisUrl: string,
  principals: readonly Principal[],
): Promise<StoredSessions> {
  const redis = new Redis(redisUrl)
  const entries = principals.map((person) => [`session:${person.session}`, JSON.stringify(person)])
  await redis.mset(...entries.flat())
  return {
    keys: entries.map(([key = '']) => key),
    async get(key) {
      const session = await redis.get(key)
      if (session === null) throw new Error('the session is gone')
      return session
    },
    [Symbol.dispose]: () => redis.disconnect(),
  }
}
