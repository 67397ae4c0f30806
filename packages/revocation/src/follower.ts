import { createId, type InstanceId, type Position } from '@portcullis/context'
import {
  connectRedis,
  createKeyspace,
  type Keyspace,
  type Redis,
  whenReady,
} from '@portcullis/redis'
import { type Clock, type Logger, systemClock } from '@portcullis/runtime'
import { type AppliedLog, createAppliedLog, type FillPoint } from './applied-log.ts'
import { catchUp, type LogListener } from './catch-up.ts'
import { RevocationError } from './errors.ts'
import { hintSchema, type LogEvent } from './event.ts'
import type { PrincipalKeys } from './floors.ts'
import { createListeners } from './listeners.ts'
import { createLogReader } from './log-reader.ts'
import { createSharedRead } from './shared-read.ts'

/** Keeps what this instance believes in step with the event log. */
export interface Follower extends AsyncDisposable {
  readonly instance: InstanceId
  /** Up to where the log has been applied without a gap. */
  readonly position: Position
  /** `clock.now()` at which the last successful read of the log was sent. */
  readonly lastReadAt: number
  /**
   * Whether something may have been said about these keys since `checkedAt`. Synchronous; true under another epoch.
   */
  isStale(keys: PrincipalKeys, checkedAt: Position): boolean
  /** Judges a value that was loaded together with the log's head at `point`; synchronous. */
  admit(point: FillPoint, keys: PrincipalKeys): 'admitted' | 'superseded' | 'ahead'
  /** Hears each event once and in order, after its key's floor was raised. Returns what ends it. */
  onEvent(listener: (event: LogEvent) => void): () => void
  /** Hears that nothing cached is to be believed any more. Returns what ends it. */
  onReset(listener: () => void): () => void
  /**
   * Reads the log now. Resolves when everything up to a head read after this call is applied; callers share reads.
   *
   * @throws {RevocationError} `ERR_LOG_UNREADABLE` when Redis does not answer.
   */
  catchUp(): Promise<void>
}

export interface FollowerOptions {
  readonly redisUrl: string
  /** Who follows; part of the connections' names on the server. */
  readonly name: string
  readonly logger: Logger
  readonly keyspace?: Keyspace
  readonly clock?: Clock
  /** How long at most between two reads of the log, in milliseconds; hints arrive sooner. Default 1,000. */
  readonly readIntervalMs?: number
  /** How long the first read may take, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number
}

/**
 * Follows the event log: subscribes to its hints, reads what is there, and from then on reads at every reconnect, at every
 * gap between hints, and once in `readIntervalMs` besides. Every hint may be lost.
 *
 * @throws {RevocationError} `ERR_LOG_UNREADABLE` when the first read does not succeed in `startTimeoutMs`.
 */
export async function createFollower(options: FollowerOptions): Promise<Follower> {
  const { keyspace = createKeyspace(), clock = systemClock, logger } = options
  const { readIntervalMs = 1_000, startTimeoutMs = 10_000 } = options
  const connect = (role: 'log' | 'subscriber') =>
    connectRedis({ url: options.redisUrl, role, name: options.name })

  const log = createAppliedLog()
  const listeners = createListeners(logger)
  const commands = connect('log')
  const reader = createLogReader(commands, keyspace)
  const shared = createSharedRead({
    read: () => catchUp(log, reader, listeners),
    intervalMs: readIntervalMs,
    clock,
    logger,
  })
  const hints = followHints(connect('subscriber'), keyspace, log, listeners, shared.request)

  await firstRead(commands, shared.now, startTimeoutMs).catch(async (cause) => {
    await dispose()
    throw new RevocationError('ERR_LOG_UNREADABLE', { cause })
  })
  commands.on('ready', shared.request)

  async function dispose() {
    shared.stop()
    hints.disconnect()
    commands.disconnect()
  }

  return {
    instance: createId('ins'),
    get position() {
      return log.position
    },
    get lastReadAt() {
      return shared.lastReadAt
    },
    isStale: log.isStale,
    admit: log.admit,
    onEvent: listeners.addEventListener,
    onReset: listeners.addResetListener,
    catchUp: shared.now,
    [Symbol.asyncDispose]: dispose,
  }
}

async function firstRead(commands: Redis, read: () => Promise<void>, timeoutMs: number) {
  const deadline = performance.now() + timeoutMs
  await whenReady(commands, timeoutMs)
  for (;;) {
    try {
      return await read()
    } catch (error) {
      if (performance.now() >= deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

const RETRY_MS = 100

/** Subscribes again at every reconnect, then reads: what was published in between is in the log. */
function followHints(
  subscriber: Redis,
  keyspace: Keyspace,
  log: AppliedLog,
  listener: LogListener,
  requestRead: () => void,
): Redis {
  subscriber.on('message', (_channel, message: string) => {
    const events = hintSchema.safeParse(message)
    if (!events.success) return requestRead()
    // Applied in this very step: nothing may decide between the arrival of a hint and its floor.
    for (const event of events.data) {
      const outcome = log.apply(event)
      if (outcome === 'applied') listener.onEvent(event)
      if (outcome === 'gap') requestRead()
    }
  })
  subscriber.on('ready', () => {
    subscriber.subscribe(keyspace.hints).then(requestRead, requestRead)
  })
  return subscriber
}
