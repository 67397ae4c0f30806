import type { InstanceId } from '@portcullis/context'
import type { Epoch } from '../log/applied-log.ts'
import type { FenceReply } from './fence-reply.ts'
import type { MemberRecord } from './member.ts'

/** What one fence asks for. */
export interface FenceRequest {
  readonly instance: InstanceId
  /** What to write about the instance. */
  readonly record: MemberRecord
  /** Seq after which to read, -1 for the newest part. */
  readonly after: number
  /** Most entries. */
  readonly limit: number
  readonly listsMembers: boolean
}

export interface FenceAnswer {
  /** Null if the server has no history of its own yet. */
  readonly reply: FenceReply | null
  /** Whether a majority of the configured servers has the fence's write, and there are no more of them than configured. */
  readonly isProven: boolean
}

/** Where fences go: to Redis, or to a gateway that sends them on. */
export interface FenceServer {
  fence(request: FenceRequest): Promise<FenceAnswer>
  /** Makes sure the server has a history: the very one held, unless that is seen `broken`, or one above it. */
  open(held: Epoch, state?: 'whole' | 'broken'): Promise<void>
  /** Moves the barrier of an epoch on. */
  settle(epoch: Epoch, state: 'done' | 'settled'): Promise<void>
  /** Takes a member out of the list, if its record is still this one. */
  remove(id: InstanceId, only?: { readonly record?: string }): Promise<void>
}
