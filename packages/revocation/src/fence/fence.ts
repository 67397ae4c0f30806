import type { InstanceId } from '@portcullis/context'
import type { Epoch, FillPoint } from '../log/applied-log.ts'
import type { LogEvent } from '../log/event.ts'
import { type BarrierState, readFenceReply } from './fence-reply.ts'
import type { FenceServer } from './fence-server.ts'
import type { SendInstant } from './lease.ts'
import type { Member, MemberRecord } from './member.ts'

/** What one fence brought. */
export interface FencePage {
  readonly epoch: Epoch
  readonly head: FillPoint
  /** Entries from the asked place on, or the newest ones; oldest first. */
  readonly entries: readonly LogEvent[]
  readonly barrier: BarrierState
  /** Everyone who has fenced, if asked for. */
  readonly members: readonly Member[]
  /** What the server's clock showed, milliseconds since 1970. */
  readonly serverTime: number
  readonly sent: SendInstant
  /** Whether a majority of the configured servers has the fence's write, and there are no more of them than configured. */
  readonly isProven: boolean
  /** Monotonic: when the reply was here. */
  readonly receivedAt: number
}

/** Proves freshness; see fence.lua. */
export interface Fence extends Pick<FenceServer, 'open' | 'settle'> {
  /** Entries after `seq`, at most `limit`; null if the server has no history of its own yet. */
  readAfter(seq: number, limit: number): Promise<FencePage | null>
  /** The newest entries, at most `limit`. */
  readNewest(limit: number): Promise<FencePage | null>
  /** Takes a member out of the list, if its record is still this one; without a record whichever it is. */
  remove(id: InstanceId, record?: string): Promise<void>
}

export interface FenceOptions {
  readonly server: FenceServer
  readonly instance: InstanceId
  /** What to write as the member record; called for each fence. */
  readonly describe: () => MemberRecord
  readonly instant: () => SendInstant
  /** Whether the next fence is to list the members. */
  readonly wantsMembers: () => boolean
}

export function createFence(options: FenceOptions): Fence {
  const { server, instance } = options

  async function send(after: number, limit: number): Promise<FencePage | null> {
    const record = options.describe()
    const request = { instance, record, after, limit, listsMembers: options.wantsMembers() }
    // Before anything is under way, whichever road it takes: what was acknowledged earlier is in the answer.
    const sent = options.instant()
    const { reply, isProven } = await server.fence(request)
    if (!reply) return null
    return { ...readFenceReply(reply), sent, isProven, receivedAt: options.instant().now }
  }

  return {
    readAfter: send,
    readNewest: (limit) => send(NEWEST, limit),
    open: server.open,
    settle: server.settle,
    remove: (id, record) => server.remove(id, record === undefined ? {} : { record }),
  }
}

const NEWEST = -1
