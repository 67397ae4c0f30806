import { createKeyspace } from '@portcullis/redis'
import { createFollower, declareNewInstallation } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { createSessionStore, type SessionStoreOptions } from '../src/index.ts'

export const PEPPER = Buffer.alloc(32, 7).toString('base64url')
const TOKEN_KEY = Buffer.alloc(32, 9).toString('base64url')

/** A server with stores on it. */
export async function startStores(options: { readonly args?: readonly string[] } = {}) {
  const redis = await startRedis(options.args ? { args: options.args } : {})
  await declareNewInstallation({ redisUrl: redis.url })
  const admin = new Redis(redis.url)
  const logger = createLogger({ name: 'test', level: 'silent' })

  return {
    redis,
    admin,
    keys: createKeyspace(),

    /** A store with a connection of its own. */
    open: (of: Partial<SessionStoreOptions> = {}) =>
      createSessionStore({
        redisUrl: redis.url,
        name: 'store',
        pepper: PEPPER,
        tokenKeys: [TOKEN_KEY],
        ...of,
      }),

    follow: () => createFollower({ redisUrl: redis.url, name: 'follower', logger }),

    async [Symbol.asyncDispose]() {
      admin.disconnect()
      await redis[Symbol.asyncDispose]()
    },
  }
}

const DAY_SECONDS = 24 * 3_600

/** Profiles whose ends a test can wait for, in seconds. */
export function profilesEnding(ends: { absoluteSeconds?: number; idleSeconds?: number }) {
  const profile = { absoluteSeconds: DAY_SECONDS, idleSeconds: 0, ...ends }
  return { aal1: profile, aal2: profile, aal3: profile }
}
