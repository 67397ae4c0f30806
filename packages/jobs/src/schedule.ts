import type { Redis } from 'ioredis'

/** How often a schedule is set again without a reconnect, ms. */
const REASSERT_MS = 60_000

/**
 * Sets a schedule again whenever Redis may have forgotten it. A failure is only reported: the next reconnect or the next
 * minute tries again.
 */
export function keepSchedule(options: {
  redis: Redis
  assert: () => Promise<unknown>
  onError: (error: Error) => void
}): Disposable {
  const { redis, onError } = options
  const assert = () => {
    options.assert().catch(onError)
  }
  const timer = setInterval(assert, REASSERT_MS)
  redis.on('ready', assert)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      redis.off('ready', assert)
    },
  }
}
