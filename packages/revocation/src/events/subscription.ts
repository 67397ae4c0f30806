import { setImmediate, setTimeout } from 'node:timers/promises'
import { comparePositions, type Position } from '@portcullis/context'
import { RevocationError } from '../errors.ts'
import type { Follower } from '../follower.ts'
import type { LogEvent } from '../log/event.ts'
import { createEventBuffer } from './event-buffer.ts'
import type { LogPage } from './log-reader.ts'

/** What a subscription needs of a follower. */
export type Followed = Pick<
  Follower,
  'position' | 'isFresh' | 'onEvent' | 'onReset' | 'readLog' | 'catchUp'
>

export interface SubscriptionOptions {
  readonly follower: Followed
  readonly after: Position
  readonly signal: AbortSignal
  /** Events held for a subscriber that is busy. */
  readonly maxBuffered: number
  /** Hears that events may be missing; throws, or lets it go on with what the log has. */
  readonly onTrimmed: (cause: RevocationError) => void
}

/** Entries in one reading of the log. */
const PAGE_ENTRIES = 500
/** Pause before the log is read again after a failure, or by a server that lags behind, in milliseconds. */
const RETRY_MS = 250

/**
 * Every event after a place, once and in order, until the signal aborts: from memory as long as the subscriber keeps up,
 * else from the log. While Redis is away it waits. Each event comes in a turn of its own, so that a subscriber who takes
 * long with many of them holds up nothing else.
 */
export async function* subscribe(options: SubscriptionOptions): AsyncGenerator<LogEvent, void> {
  const { follower, signal } = options
  const buffer = createEventBuffer(options.maxBuffered)
  let cursor = options.after
  using owned = new DisposableStack()
  owned.defer(follower.onEvent(buffer.push))
  owned.defer(follower.onReset(buffer.markMissed))
  if (comparePositions(cursor, follower.position) !== 0) buffer.markMissed()

  /** Hands out a page of the log. From its reading on, the buffer collects what is said meanwhile. */
  async function* readOn(): AsyncGenerator<LogEvent, void> {
    buffer.clear()
    const page = await follower.readLog(cursor, PAGE_ENTRIES).catch(() => null)
    if (page === null || comparePositions(page.head, cursor) < 0) return retry()
    if (!isWhole(cursor, page)) options.onTrimmed(new RevocationError('ERR_CURSOR_TRIMMED'))
    yield* page.events
    if (page.events.length === PAGE_ENTRIES) buffer.markMissed()
    else if (comparePositions(page.head, cursor) > 0) cursor = page.head
  }

  async function retry() {
    await setTimeout(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined)
    buffer.markMissed()
    if (comparePositions(follower.position, cursor) >= 0) return
    // A place that nobody has reached: this instance is behind, or the place belongs to a history that is gone.
    await follower.catchUp().catch(() => undefined)
    if (!follower.isFresh() || comparePositions(follower.position, cursor) >= 0) return
    options.onTrimmed(new RevocationError('ERR_CURSOR_TRIMMED'))
    cursor = follower.position
  }

  /** Hands out what is in memory, as long as it continues what was handed out before. */
  async function* takeBuffered(): AsyncGenerator<LogEvent, void> {
    const event = buffer.shift()
    if (event && isNext(cursor, event.position)) yield event
    else if (event && comparePositions(event.position, cursor) > 0) buffer.markMissed()
    else if (event) return
    // The log was read from a server that is behind the one followed.
    else if (comparePositions(cursor, follower.position) < 0) await retry()
    else await buffer.whenChanged(signal)
  }

  while (!signal.aborted) {
    for await (const event of buffer.hasMissed ? readOn() : takeBuffered()) {
      cursor = event.position
      await setImmediate()
      if (signal.aborted) return
      yield event
    }
  }
}

function isNext(cursor: Position, position: Position): boolean {
  return position.epoch === cursor.epoch && position.seq === cursor.seq + 1
}

/** Whether nothing that followed the cursor is gone from the log. In doubt something is. */
export function isWhole(cursor: Position, { head, oldest, events: [first] }: LogPage): boolean {
  if (oldest === null) return comparePositions(cursor, head) === 0
  if (comparePositions(oldest, cursor) <= 0) return true
  return first !== undefined && isNext(cursor, first.position)
}
