import type { Position } from '@portcullis/context'
import { defineScript, type Keyspace, type Redis, readLua, whenReady } from '@portcullis/redis'
import { z } from 'zod'
import { RevocationError } from '../errors.ts'
import { eventSchema, type LogEvent, positionTextSchema } from '../log/event.ts'
import { historyArgs, historyKeys, historyLua } from '../log/history.ts'
import { textSchema as text, textsSchema } from '../log/text.ts'

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
  /** The same as the server gives it, for whoever hands it on; null while it has no history. @throws {RedisError} */
  readReply(after: Position, limit: number): Promise<LogReply | null>
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

  async function readReply(after: Position, limit: number) {
    if (isClosed) throw new RevocationError('ERR_LOG_UNREADABLE')
    redis ??= options.connect()
    await whenReady(redis, CONNECTION_WAIT_MS)
    return readScript.run(redis, { keyspace, after, limit })
  }

  return {
    readReply,
    readAfter: async (after, limit) => readLogReply(await readReply(after, limit)),
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

/** The reply of read-log.lua with its bytes as text: epoch, seq and nonce of the head, id of the oldest entry, entries. */
export const logReplySchema = z.tuple([
  z.int(),
  z.int(),
  text,
  text,
  z.array(z.tuple([text, textsSchema])),
])

export type LogReply = z.infer<typeof logReplySchema>

const pageSchema = z
  .tuple([
    z.int(),
    z.int(),
    z.string(),
    z.union([z.literal('').transform(() => null), positionTextSchema]),
    z.array(eventSchema),
  ])
  .transform(([epoch, seq, _nonce, oldest, events]): LogPage => {
    return { head: { epoch, seq }, oldest, events }
  })

/** @throws {RevocationError} `ERR_LOG_UNREADABLE` */
export function readLogReply(reply: LogReply | null): LogPage {
  const page = pageSchema.safeParse(reply)
  if (!page.success) throw new RevocationError('ERR_LOG_UNREADABLE', { cause: page.error })
  return page.data
}

const readScript = defineScript<ReadInput, LogReply | null>({
  source: [historyLua, readLua(import.meta.url, '../scripts/read-log.lua')],
  keys: ({ keyspace }) => historyKeys(keyspace),
  args: ({ keyspace, after, limit }) => [...historyArgs(keyspace), after.epoch, after.seq, limit],
  reply: logReplySchema.nullable(),
})
