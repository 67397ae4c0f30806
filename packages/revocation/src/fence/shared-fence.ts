import type { Logger } from '@portcullis/runtime'
import { RevocationError } from '../errors.ts'
import type { FencePage } from './fence.ts'

export interface SharedFenceOptions {
  readonly fence: () => Promise<FencePage>
  /** Longest pause between two fences, in milliseconds. */
  readonly intervalMs: number
  readonly logger: Logger
}

/** One fence at a time, for everyone who wants one. */
export interface SharedFence {
  /** Resolves with a fence that was sent after this call. */
  now(): Promise<FencePage>
  /** Wants a fence soon; a failure is logged. */
  request(): void
  stop(): void
}

export function createSharedFence(options: SharedFenceOptions): SharedFence {
  const { fence, intervalMs, logger } = options
  let running: Promise<FencePage> | undefined
  let next: Promise<FencePage> | undefined
  let timer: NodeJS.Timeout | undefined
  let failing = false
  let stopped = false

  async function fenceOnce() {
    clearTimeout(timer)
    try {
      const page = await fence()
      report(false)
      return page
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
    running = fenceOnce()
    return running
  }

  function now(): Promise<FencePage> {
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
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

function alreadyReported(): void {}
