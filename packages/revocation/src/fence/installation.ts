import {
  connectRedis,
  createKeyspace,
  type Keyspace,
  type Redis,
  whenReady,
} from '@portcullis/redis'
import { declareNewScript, openScript } from './fence-scripts.ts'

/** Makes sure the server has a history of its own. */
export async function openHistory(redis: Redis, keyspace: Keyspace): Promise<void> {
  await openScript.run(redis, { keyspace, held: { counter: 0, random: '' }, broken: false })
}

/**
 * Declares that no instance has ever served from this server, so that the first ones need not wait a lease for others. For
 * whoever has just set it up; false if it has been in use.
 */
export async function declareNewInstallation(options: {
  readonly redisUrl: string
  readonly keyspace?: Keyspace
}): Promise<boolean> {
  const { redisUrl: url, keyspace = createKeyspace() } = options
  const redis = connectRedis({ url, role: 'commands', name: 'set-up' })
  try {
    await whenReady(redis, SET_UP_TIMEOUT_MS)
    return (await declareNewScript.run(redis, { keyspace })) === 1
  } finally {
    redis.disconnect()
  }
}

const SET_UP_TIMEOUT_MS = 5_000
