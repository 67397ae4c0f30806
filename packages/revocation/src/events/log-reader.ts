import type { Position } from '@portcullis/context'
import { defineScript, type Keyspace, type Redis, readLua, whenReady } from '@portcullis/redis'
import { z } from 'zod'
import { RevocationError } from '../errors.ts'
import { eventSchema, type LogEvent, positionTextSchema } from '../log/event.ts'
import { historyArgs, historyKeys, historyLua } from '../log/history.ts'

/** A part of the log, as one server had it at one moment. */
export interface LogPage {
  readonly head: Position
  /** Place of the oldest entry that the log still has; null if it has none. */
  readonly oldest: Position | null
  /** What follows the place that was asked for, oldest first. */
  readonly events: readonly LogEvent[]
}

/** Reads the log for application code, on a connection of its own that is opened by the first reading. */
export interface LogReader extends Disposable {
  /**
   * @param limit Entries at most.
   * @throws {RedisError} when the log cannot be read. {RevocationError} `ERR_LOG_UNREADABLE` while it has no history.
   */
  readAfter(after: Position, limit: number): Promise<LogPage>
}

/** How long a reading waits for a connection that is being made, in milliseconds. */
const CONNECTION_WAIT_MS = 1_000

export function createLogReader(options: {
  readonly connect: () => Redis
  readonly keyspace: Keyspace
}): LogReader {
  const { keyspace } = options
  let redis: Redis | undefined
  let isClosed = false

  return {
    async readAfter(after, limit) {
      if (isClosed) throw new RevocationError('ERR_LOG_UNREADABLE')
      redis ??= options.connect()
      await whenReady(redis, CONNECTION_WAIT_MS)
      const page = await readScript.run(redis, { keyspace, after, limit })
      if (!page) throw new RevocationError('ERR_LOG_UNREADABLE')
      return page
    },
    [Symbol.dispose]() {
      isClosed = true
      redis?.disconnect()
    },
  }
}

interface ReadInput {
  readonly keyspace: Keyspace
  readonly after: Position
  readonly limit: number
}

const empty = z.instanceof(Buffer).refine((bytes) => bytes.length === 0)

const replySchema = z
  .tuple([
    z.int(),
    z.int(),
    z.instanceof(Buffer),
    z.union([empty.transform(() => null), positionTextSchema]),
    z.array(eventSchema),
  ])
  .transform(([epoch, seq, _nonce, oldest, events]): LogPage => {
    return { head: { epoch, seq }, oldest, events }
  })

const readScript = defineScript<ReadInput, LogPage | null>({
  source: [historyLua, readLua(import.meta.url, '../scripts/read-log.lua')],
  keys: ({ keyspace }) => historyKeys(keyspace),
  args: ({ keyspace, after, limit }) => [...historyArgs(keyspace), after.epoch, after.seq, limit],
  reply: replySchema.nullable(),
})
