import { defineScript, type Keyspace, type Redis, readLua } from '@portcullis/redis'
import { z } from 'zod'
import type { Epoch, FillPoint } from './applied-log.ts'
import { eventSchema, type LogEvent } from './event.ts'
import { historyArgs, historyKeys, historyLua } from './history.ts'

/** What one read of the log brings: its head, and entries from the asked place on, or the newest ones. */
export interface LogPage {
  readonly epoch: Epoch
  readonly head: FillPoint
  readonly entries: readonly LogEvent[]
}

/** Reads the log of the server that a follower is connected to. */
export interface LogReader {
  /** Entries after `seq`, at most `limit`; null if the server has no history of its own yet. */
  readAfter(seq: number, limit: number): Promise<LogPage | null>
  /** The newest entries, at most `limit`. */
  readNewest(limit: number): Promise<LogPage | null>
  /** Makes sure the server has a history: the very one held, unless that is seen `broken`, or one above it. */
  open(held: Epoch, state?: 'whole' | 'broken'): Promise<void>
}

const text = z.instanceof(Buffer).transform((bytes) => bytes.toString('utf8'))

const pageSchema = z
  .tuple([z.int(), z.int(), text, text, z.array(eventSchema)])
  .transform(
    ([counter, seq, nonce, random, entries]): LogPage => ({
      epoch: { counter, random },
      head: { position: { epoch: counter, seq }, nonce },
      entries,
    }),
  )
  .nullable()

interface ReadInput {
  readonly keyspace: Keyspace
  readonly after: number
  readonly limit: number
}

const read = defineScript<ReadInput, LogPage | null>({
  source: [historyLua, readLua(import.meta.url, './scripts/read.lua')],
  keys: ({ keyspace }) => historyKeys(keyspace),
  args: ({ keyspace, after, limit }) => [...historyArgs(keyspace), after, limit],
  reply: pageSchema,
})

interface OpenInput {
  readonly keyspace: Keyspace
  readonly held: Epoch
  readonly broken: boolean
}

const open = defineScript<OpenInput, number>({
  source: [historyLua, readLua(import.meta.url, './scripts/open.lua')],
  keys: ({ keyspace }) => historyKeys(keyspace),
  args: ({ keyspace, held, broken }) => [
    ...historyArgs(keyspace),
    held.counter,
    held.random,
    broken ? 1 : 0,
  ],
  reply: z.literal(1),
})

export function createLogReader(redis: Redis, keyspace: Keyspace): LogReader {
  return {
    readAfter: (after, limit) => read.run(redis, { keyspace, after, limit }),
    readNewest: (limit) => read.run(redis, { keyspace, after: -1, limit }),
    async open(held, state = 'whole') {
      await open.run(redis, { keyspace, held, broken: state === 'broken' })
    },
  }
}
