import { parsePosition } from '@portcullis/context'
import type { Logger } from '@portcullis/runtime'
import type { LogEvent } from '../log/event.ts'
import {
  type RevocationEvent,
  type RevocationEventKind,
  type RevocationEventOf,
  toRevocationEvent,
} from './revocation-event.ts'
import { type Followed, type SubscriptionOptions, subscribe } from './subscription.ts'

/**
 * What is revoked and changed, for application code: to drop a cache, to stop a job, to tell somebody. It hears of an event
 * after everything that the event ends was told to stop, in a later turn of the event loop, and cannot delay that.
 */
export interface Revocations extends Disposable {
  /**
   * Calls `handler` for each event of a kind from now on, one after the other and in order, each when the one before has
   * returned. A handler that fails is logged. If the log was trimmed, or its history lost, before a slow handler came to it,
   * that is logged and it goes on with what the log has.
   *
   * @returns what ends it.
   */
  on<Kind extends RevocationEventKind>(
    kind: Kind,
    handler: (event: RevocationEventOf<Kind>) => void | Promise<void>,
  ): () => void
  /**
   * Every event once and in order, from now on or after a cursor, which may have been kept for as long as the log reaches
   * back (about 100,000 events). Ends when the signal aborts.
   *
   * @param options.after `cursor` of the last event that was dealt with.
   * @throws {RevocationError} `ERR_CURSOR_TRIMMED`, from the iteration, when the log may have had events after the cursor
   *   that it does not have any more: what was derived from events has to be built anew.
   * @throws {TypeError} when `after` is no cursor.
   */
  events(options?: EventsOptions): AsyncGenerator<RevocationEvent, void>
}

export interface EventsOptions {
  readonly after?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface RevocationsOptions {
  readonly logger: Logger
  /** Events held in memory for a subscriber that is busy; beyond it they are read from the log. Default 1,000. */
  readonly maxBuffered?: number
}

/** @throws {TypeError} when an option is out of range. */
export function createRevocations(follower: Followed, options: RevocationsOptions): Revocations {
  const { logger, maxBuffered = 1_000 } = options
  if (!Number.isSafeInteger(maxBuffered) || maxBuffered < 1) {
    throw new TypeError('maxBuffered must be a positive integer')
  }
  const closing = new AbortController()
  const common = { follower, maxBuffered }

  async function* untilClosed(
    outer: AbortSignal | undefined,
    of: Pick<SubscriptionOptions, 'after' | 'onTrimmed'>,
  ): AsyncGenerator<LogEvent, void> {
    using ending = endWith(closing.signal, outer)
    yield* subscribe({ ...common, ...of, signal: ending.signal })
  }

  async function* read(signal: AbortSignal | undefined, after: SubscriptionOptions['after']) {
    for await (const event of untilClosed(signal, { after, onTrimmed: fail })) {
      yield toRevocationEvent(event)
    }
  }

  async function handle<Kind extends RevocationEventKind>(
    kind: Kind,
    handler: (event: RevocationEventOf<Kind>) => void | Promise<void>,
    signal: AbortSignal,
  ) {
    const onTrimmed = (err: Error) => logger.error({ err, kind }, 'events may have been missed')
    for await (const logged of untilClosed(signal, { after: follower.position, onTrimmed })) {
      const event = toRevocationEvent(logged)
      if (!isOf(kind, event)) continue
      try {
        await handler(event)
      } catch (err) {
        logger.error({ err, kind, cursor: event.cursor }, 'a handler of revocations failed')
      }
    }
  }

  return {
    on(kind, handler) {
      const ending = new AbortController()
      handle(kind, handler, ending.signal).catch((err: unknown) => {
        logger.error({ err, kind }, 'a subscription to revocations failed')
      })
      return () => ending.abort()
    },

    events({ after, signal } = {}) {
      const cursor = after === undefined ? follower.position : parsePosition(after)
      if (!cursor) throw new TypeError('after must be a cursor')
      return read(signal, cursor)
    },

    [Symbol.dispose]() {
      closing.abort()
    },
  }
}

function fail(error: Error): never {
  throw error
}

function isOf<Kind extends RevocationEventKind>(
  kind: Kind,
  event: RevocationEvent,
): event is RevocationEventOf<Kind> {
  return event.kind === kind
}

/** A signal that aborts with either, and lets go of both when it is disposed of. */
function endWith(...signals: (AbortSignal | undefined)[]) {
  const controller = new AbortController()
  const abort = () => controller.abort()
  for (const signal of signals) {
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort)
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) signal?.removeEventListener('abort', abort)
    },
  }
}
