import type { InstanceId } from '@portcullis/context'
import {
  connectRedis,
  createKeyspace,
  defineScript,
  type Keyspace,
  type Redis,
  RedisError,
  readLua,
  whenReady,
} from '@portcullis/redis'
import { z } from 'zod'
import type { Epoch, FillPoint } from '../log/applied-log.ts'
import { eventSchema, type LogEvent } from '../log/event.ts'
import { historyArgs, historyKeys, historyLua } from '../log/history.ts'
import type { SendInstant } from './lease.ts'
import { type Member, type MemberRecord, membersSchema } from './member.ts'

/**
 * What may be done under an epoch. `down`: nothing, those who know of earlier events have not repaired the truth yet.
 * `done`: leases and loads. `settled`: nobody can hold a lease of an earlier epoch, so acknowledgements are complete.
 */
type BarrierState = 'down' | 'done' | 'settled'

/** What one fence brought. */
export interface FencePage {
  readonly epoch: Epoch
  readonly head: FillPoint
  /** Entries from the asked place on, or the newest ones; oldest first. */
  readonly entries: readonly LogEvent[]
  readonly barrier: BarrierState
  /** Everyone who has fenced, if asked for. */
  readonly members: readonly Member[]
  readonly sent: SendInstant
  /** Whether a majority of the configured servers has the fence's write, and there are no more of them than configured. */
  readonly isProven: boolean
  /** Monotonic: when the reply was here. */
  readonly receivedAt: number
}

/** Proves freshness to one server; see fence.lua. */
export interface Fence {
  /** Entries after `seq`, at most `limit`; null if the server has no history of its own yet. */
  readAfter(seq: number, limit: number): Promise<FencePage | null>
  /** The newest entries, at most `limit`. */
  readNewest(limit: number): Promise<FencePage | null>
  /** Makes sure the server has a history: the very one held, unless that is seen `broken`, or one above it. */
  open(held: Epoch, state?: 'whole' | 'broken'): Promise<void>
  /** Moves the barrier of an epoch on. */
  settle(epoch: Epoch, state: 'done' | 'settled'): Promise<void>
  /** Takes a member out of the list, if its record is still this one; without a record whichever it is. */
  remove(id: InstanceId, record?: string): Promise<void>
}

export interface FenceOptions {
  readonly redis: Redis
  readonly keyspace: Keyspace
  readonly instance: InstanceId
  /** What to write as the member record; called for each fence. */
  readonly describe: () => MemberRecord
  readonly instant: () => SendInstant
  /** Whether the next fence is to list the members. */
  readonly wantsMembers: () => boolean
  /** Replicas configured beside the primary. */
  readonly replicas: number
  /** How long the replicas may take, in milliseconds. */
  readonly waitMs: number
}

export function createFence(options: FenceOptions): Fence {
  const { redis, keyspace, instance, replicas } = options
  // The primary and these make a majority of all.
  const needed = Math.floor((replicas + 1) / 2)
  const of = { keyspace, instance }

  async function send(after: number, limit: number): Promise<FencePage | null> {
    const record = JSON.stringify(options.describe())
    const input = { ...of, after, limit, record, members: options.wantsMembers() }
    const sent = options.instant()
    // On one socket in one step: a WAIT that went another way would vouch for another write.
    const [reply, acknowledged] = await Promise.all([
      fenceScript.runLoaded(redis, input),
      needed > 0 ? redis.call('WAIT', needed, Math.ceil(options.waitMs)) : 0,
    ])
    if (!reply) return null
    const { attached, ...page } = reply
    const isProven = Number(acknowledged) >= needed && attached <= replicas
    return { ...page, sent, isProven, receivedAt: options.instant().now }
  }

  async function sendKnown(after: number, limit: number) {
    try {
      return await send(after, limit)
    } catch (error) {
      if (!isUnknown(error)) throw error
    }
    await fenceScript.load(redis)
    return send(after, limit)
  }

  return {
    readAfter: sendKnown,
    readNewest: (limit) => sendKnown(-1, limit),
    async open(held, state = 'whole') {
      await openScript.run(redis, { ...of, held, broken: state === 'broken' })
    },
    async settle({ random }, state) {
      await settleScript.run(redis, { ...of, random, state })
    },
    async remove(id, record = '') {
      await leaveScript.run(redis, { ...of, leaver: id, record })
    },
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof RedisError && error.code === 'ERR_REDIS_SCRIPT_UNKNOWN'
}

interface Scope {
  readonly keyspace: Keyspace
  readonly instance: InstanceId
}

const keys = ({ keyspace }: Pick<Scope, 'keyspace'>) => [
  ...historyKeys(keyspace),
  keyspace.members,
  keyspace.barrier,
  keyspace.closed,
]

const args = ({ keyspace, instance }: Scope) => historyArgs(keyspace, instance)

const lua = (name: string) => readLua(import.meta.url, `../scripts/${name}.lua`)

const text = z.instanceof(Buffer).transform((bytes) => bytes.toString('utf8'))

const replySchema = z
  .tuple([
    z.int(),
    z.int(),
    text,
    text,
    text.pipe(z.enum(['down', 'done', 'settled'])),
    z.int(),
    z.array(eventSchema),
    membersSchema,
  ])
  .transform(([counter, seq, nonce, random, barrier, attached, entries, members]) => ({
    epoch: { counter, random },
    head: { position: { epoch: counter, seq }, nonce },
    barrier,
    attached,
    entries,
    members,
  }))
  .nullable()

interface FenceInput extends Scope {
  readonly after: number
  readonly limit: number
  readonly record: string
  readonly members: boolean
}

const fenceScript = defineScript<FenceInput, z.infer<typeof replySchema>>({
  source: [historyLua, lua('fence')],
  keys,
  args: (input) => [
    ...args(input),
    input.after,
    input.limit,
    input.instance,
    input.record,
    input.members ? 1 : 0,
  ],
  reply: replySchema,
})

const openScript = defineScript<Scope & { held: Epoch; broken: boolean }, number>({
  source: [historyLua, lua('open')],
  keys,
  args: (input) => [...args(input), input.held.counter, input.held.random, input.broken ? 1 : 0],
  reply: z.literal(1),
})

const settleScript = defineScript<Scope & { random: string; state: string }, string | null>({
  source: [historyLua, lua('settle')],
  keys,
  args: (input) => [...args(input), input.random, input.state],
  reply: text.nullable(),
})

const leaveScript = defineScript<Scope & { leaver: InstanceId; record: string }, number | null>({
  source: [historyLua, lua('leave')],
  keys,
  args: (input) => [...args(input), input.leaver, input.record],
  reply: z.int().nullable(),
})

const declareNewScript = defineScript<{ keyspace: Keyspace }, number>({
  source: [lua('declare-new')],
  keys,
  args: () => [],
  reply: z.int(),
})

/** Makes sure the server has a history of its own. */
export async function openHistory(redis: Redis, keyspace: Keyspace): Promise<void> {
  const held = { counter: 0, random: '' }
  await openScript.run(redis, { keyspace, instance: 'ins_', held, broken: false })
}

/**
 * Declares that no instance has ever served from this server, so that the first ones need not wait a lease for others. For
 * whoever has just set it up; false if it has been in use.
 */
export async function declareNewInstallation(options: {
  readonly redisUrl: string
  readonly keyspace?: Keyspace
}): Promise<boolean> {
  const { redisUrl: url, keyspace = createKeyspace() } = options
  const redis = connectRedis({ url, role: 'commands', name: 'set-up' })
  try {
    await whenReady(redis, SET_UP_TIMEOUT_MS)
    return (await declareNewScript.run(redis, { keyspace })) === 1
  } finally {
    redis.disconnect()
  }
}

const SET_UP_TIMEOUT_MS = 5_000
