import { setTimeout as pause } from 'node:timers/promises'
import type { Follower } from '@portcullis/revocation'
import { type Logger, type Metrics, systemClock } from '@portcullis/runtime'
import { createAuditMetrics } from './audit-metrics.ts'
import { proveNewest } from './prove-newest.ts'
import type { Trail } from './trail.ts'
import { createWake, type Wake } from './wake.ts'
import { type Written, writeNext } from './write-trail.ts'

export interface KeepTrailOptions {
  readonly follower: Follower
  readonly trail: Trail
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  /** Entries behind the log from which on it is said in the log lines. Default 10,000, a tenth of what the log keeps. */
  readonly warnBehindEvents?: number | undefined
  /** Called when entries were added. */
  readonly onWritten?: (() => void) | undefined
}

/** Longest time between two looks at the log, ms. */
const LOOK_MS = 1_000
/** Pause after a failure, ms. */
const RETRY_MS = 1_000
/** Between two lines that say how far the trail is behind, ms. */
const WARN_MS = 60_000

/**
 * Writes the log into the trail as it grows, and then what is known of its being in force, until disposal. Postgres and
 * Redis may be away: the trail goes on at its cursor when they are back.
 */
export function keepTrail(options: KeepTrailOptions): AsyncDisposable {
  const { follower, trail, logger, warnBehindEvents = 10_000 } = options
  const ending = new AbortController()
  using started = new DisposableStack()
  const heard = started.use(createWake(LOOK_MS))
  const wrote = started.use(createWake(LOOK_MS))
  let behind = 0
  let warnedAt = Number.NEGATIVE_INFINITY
  const metrics = createAuditMetrics(() => behind, options.metrics)
  const onEvent = () => {
    behind += 1
    warnIfBehind()
    heard.set()
  }
  started.defer(follower.onEvent(onEvent))

  /** @param step Resolves with whether there is nothing more to do. */
  async function repeat(step: () => Promise<boolean>, wake: Wake) {
    while (!ending.signal.aborted) {
      try {
        if (await step()) await wake.wait()
      } catch (err) {
        metrics.onFailure()
        logger.warn({ err }, 'the audit trail cannot be written, it is tried again')
        warnIfBehind()
        await pause(RETRY_MS, undefined, { signal: ending.signal }).catch(() => undefined)
      }
    }
  }

  async function write(): Promise<boolean> {
    const written = await writeNext(follower, trail)
    if (!written) return true
    report(written)
    return written.behind === 0
  }

  function report({ events, behind: left, isBroken }: Written) {
    behind = left
    metrics.onWritten(events)
    if (events > 0 || isBroken) {
      wrote.set()
      options.onWritten?.()
    }
    if (isBroken) {
      metrics.onGap()
      logger.error('the log had lost entries before they were in the audit trail')
    }
    warnIfBehind()
  }

  function warnIfBehind() {
    if (behind < warnBehindEvents || systemClock.now() - warnedAt < WARN_MS) return
    warnedAt = systemClock.now()
    logger.warn({ behind }, 'the audit trail is far behind the log')
  }

  const prove = async () => {
    await proveNewest(follower, trail, ending.signal)
    return true
  }

  const work = Promise.all([repeat(write, heard), repeat(prove, wrote)])
  const running = started.move()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      running[Symbol.dispose]()
      await work
    },
  }
}
