import type { InstanceId } from '@portcullis/context'
import type { Fence, FencePage } from './fence.ts'
import { type ClockBounds, waitOutMs } from './lease.ts'

interface Watched {
  readonly text: string
  /** Monotonic: since when the record reads so. */
  readonly since: number
}

/**
 * Takes members out whose record was watched standing still for longer than their lease, on this instance's own clock: they
 * have fenced themselves off, and nobody need wait for them any more.
 */
export function createStillMembers(fence: Fence, instance: InstanceId, bounds: ClockBounds) {
  let watched = new Map<InstanceId, Watched>()

  return async ({ members, receivedAt }: FencePage): Promise<void> => {
    const next = new Map<InstanceId, Watched>()
    for (const { id, text, record } of members) {
      const before = watched.get(id)
      const since = before?.text === text ? before.since : receivedAt
      next.set(id, { text, since })
      const stoodMs = receivedAt - since
      const isStill = id !== instance && stoodMs > waitOutMs(record.leaseMs, bounds)
      if (isStill) await fence.remove(id, text)
    }
    watched = next
  }
}
