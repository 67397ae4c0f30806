import type { SessionId } from '@portcullis/context'
import type { Clock, Logger } from '@portcullis/runtime'
import { MAX_TOUCHES, type SessionStore } from '@portcullis/sessions'

export interface TouchQueueOptions {
  readonly store: Pick<SessionStore, 'touch'>
  readonly clock: Clock
  readonly logger: Logger
  /** How long touches are gathered, in milliseconds. Default 1,000. */
  readonly flushIntervalMs?: number
  /** Touches that wait at most; a further one is dropped, which can only end a session early. Default 10,000. */
  readonly maxWaiting?: number
}

/** Gathers notes of use and writes them in the background, a batch a second. */
export interface TouchQueue extends AsyncDisposable {
  add(id: SessionId): void
}

export function createTouchQueue(options: TouchQueueOptions): TouchQueue {
  const { store, clock, logger, flushIntervalMs = 1_000, maxWaiting = 10_000 } = options
  const waiting = new Map<SessionId, number>()
  let timer: NodeJS.Timeout | undefined

  async function flush() {
    timer = undefined
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MAX_TOUCHES)
      for (const [id] of batch) waiting.delete(id)
      const now = clock.now()
      await store.touch(batch.map(([id, usedAt]) => ({ id, ageMs: now - usedAt })))
    }
  }

  function reportFailure(err: unknown) {
    logger.warn({ err }, 'use of sessions could not be noted')
  }

  return {
    add(id) {
      if (waiting.size >= maxWaiting) return
      waiting.set(id, clock.now())
      timer ??= setTimeout(() => flush().catch(reportFailure), flushIntervalMs)
    },

    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      await flush().catch(reportFailure)
    },
  }
}
