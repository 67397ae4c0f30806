import type { Clock, Logger } from '@portcullis/runtime'
import { RevocationError } from './errors.ts'

export interface SharedReadOptions {
  readonly read: () => Promise<void>
  /** Longest pause between two reads, in milliseconds. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/** One read of the log at a time, for everyone who wants one. */
export interface SharedRead {
  /** Resolves with a read that began after this call. */
  now(): Promise<void>
  /** Wants a read soon; a failure is logged. */
  request(): void
  readonly lastReadAt: number
  stop(): void
}

export function createSharedRead(options: SharedReadOptions): SharedRead {
  const { read, intervalMs, clock, logger } = options
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let lastReadAt = Number.NEGATIVE_INFINITY
  let failing = false
  let stopped = false

  async function readOnce() {
    clearTimeout(timer)
    const sentAt = clock.now()
    try {
      await read()
      lastReadAt = sentAt
      report(false)
    } catch (cause) {
      report(true, cause)
      throw new RevocationError('ERR_LOG_UNREADABLE', { cause })
    } finally {
      running = undefined
      if (!stopped) timer = setTimeout(request, intervalMs)
    }
  }

  function report(failed: boolean, err?: unknown) {
    if (failed === failing || stopped) return
    failing = failed
    if (failed) logger.warn({ err }, 'the event log cannot be read')
    else logger.info('the event log is read again')
  }

  function start() {
    next = undefined
    running = readOnce()
    return running
  }

  function now(): Promise<void> {
    if (stopped) return Promise.reject(new RevocationError('ERR_LOG_UNREADABLE'))
    // The one under way may have passed the place already: wait for it, then share the one after it.
    if (running) next ??= running.then(start, start)
    return next ?? start()
  }

  function request() {
    if (!stopped) now().catch(alreadyReported)
  }

  return {
    now,
    request,
    get lastReadAt() {
      return lastReadAt
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

function alreadyReported(): void {}
