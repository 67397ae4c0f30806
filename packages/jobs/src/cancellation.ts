import type { Redis } from 'ioredis'

/** How long it is remembered that a job was to be stopped, ms; no job is under way for longer. */
const REMEMBERED_MS = 7 * 24 * 3_600_000

/** That a job which is under way is to be stopped: known to whichever worker has it, or takes it over. */
export interface Cancellation {
  ask(id: string): Promise<void>
  isAsked(id: string): Promise<boolean>
  forget(id: string): Promise<void>
}

/** @param queue The queue's own keys begin with `<prefix>:<name of the job>:`. */
export function createCancellation(
  redis: Pick<Redis, 'set' | 'exists' | 'del'>,
  queue: { prefix: string; name: string },
): Cancellation {
  const keyOf = (id: string) => `${queue.prefix}:${queue.name}:cancelled:${id}`
  return {
    async ask(id) {
      await redis.set(keyOf(id), '1', 'PX', REMEMBERED_MS)
    },
    isAsked: async (id) => (await redis.exists(keyOf(id))) === 1,
    async forget(id) {
      await redis.del(keyOf(id))
    },
  }
}
