import { type Keyspace, leaveServer, type Redis, RedisError } from '@portcullis/redis'
import { RevocationError } from '../errors.ts'
import { openHistory } from '../fence/installation.ts'

const MAX_OPENINGS = 3

/**
 * Runs a script that answers null where the server has no history of its own, opening one in between.
 *
 * @throws {RevocationError} `ERR_HISTORY_UNSETTLED` when the server changed three times meanwhile.
 */
export async function withHistory<Reply>(
  redis: Redis,
  keyspace: Keyspace,
  run: () => Promise<Reply | null>,
): Promise<Reply> {
  for (let opened = 0; opened <= MAX_OPENINGS; opened += 1) {
    const reply = await run().catch((error: unknown) => {
      // Where one command hangs the next would too; with sentinels another server may have taken over.
      if (error instanceof RedisError && error.code === 'ERR_REDIS_TIMEOUT') leaveServer(redis)
      throw error
    })
    if (reply !== null) return reply
    await openHistory(redis, keyspace)
  }
  throw new RevocationError('ERR_HISTORY_UNSETTLED')
}
