import type { InstanceId } from '@portcullis/context'
import type { Logger } from '@portcullis/runtime'
import type { Epoch } from '../log/applied-log.ts'
import type { LogEvent } from '../log/event.ts'
import type { Fence, FencePage } from './fence.ts'
import { type ClockBounds, waitOutMs } from './lease.ts'
import type { MemberRecord } from './member.ts'

/** Brings the truth of the server up to what is known of these events, whichever of them it has lost. Idempotent. */
export type RepairTruth = (events: readonly LogEvent[]) => Promise<void>

/** Raises the barrier of a new epoch, together with the other drivers. */
export interface Barrier {
  /** Random part of the last epoch under which this instance has re-asserted what it knows. */
  readonly repaired: string
  /** One step towards the next state, after each fence. */
  advance(page: FencePage): Promise<void>
}

export interface BarrierOptions {
  readonly fence: Fence
  readonly instance: InstanceId
  readonly repair: RepairTruth
  /** The events this instance has applied, oldest first, as far back as it remembers. */
  readonly known: () => readonly LogEvent[]
  /**
   * Whether this instance holds a lease from before that epoch: then it knows everyone who could have been acknowledged
   * to, and nobody can have been waited out meanwhile.
   */
  readonly isHeldFromBefore: (epoch: Epoch) => boolean
  readonly leaseMs: number
  readonly bounds: ClockBounds
  readonly logger: Logger
}

interface Observed extends Epoch {
  /** Monotonic: when this instance first knew that a majority has the epoch. */
  readonly provenAt: number
  /** Drivers it knew of at that time, whether or not the server still lists them. */
  readonly drivers: ReadonlyMap<InstanceId, MemberRecord>
}

/**
 * Under a new epoch the server may have lost what was acknowledged last. The barrier goes up ('done') when every driver has
 * re-asserted what it applied, said by one that still holds a lease from before and so knows them all. It is 'settled' when so
 * much time has passed that no lease from before is left, also of an instance that the lost tail forgot.
 */
export function createBarrier(options: BarrierOptions): Barrier {
  const { fence, instance, repair, known, isHeldFromBefore, leaseMs, bounds, logger } = options
  let drivers = new Map<InstanceId, MemberRecord>()
  let observed: Observed | undefined
  let repaired = ''

  function observe(page: FencePage): Observed | undefined {
    for (const { id, record } of page.members) if (record.drives) drivers.set(id, record)
    if (observed?.random !== page.epoch.random && page.isProven) {
      observed = { ...page.epoch, provenAt: page.receivedAt, drivers: new Map(drivers) }
    }
    // Who left under a settled epoch has nothing to re-assert under the next one.
    if (page.barrier === 'settled' && page.members.length > 0) {
      drivers = new Map(page.members.map(({ id, record }) => [id, record]))
    }
    return observed?.random === page.epoch.random ? observed : undefined
  }

  async function repairOnce({ counter, random }: Observed) {
    if (repaired === random) return
    const events = known().filter(({ position }) => position.epoch < counter)
    if (events.length > 0) {
      await repair(events)
      logger.warn({ events: events.length, epoch: counter }, 'history repaired')
    }
    repaired = random
  }

  /** Longest lease of anyone who may still hold one from before. */
  function longestLease({ drivers: before }: Observed, page: FencePage) {
    const leases = [...before.values(), ...page.members.map(({ record }) => record)]
    return Math.max(leaseMs, ...leases.map((record) => record.leaseMs))
  }

  function haveAllRepaired({ random, drivers: before }: Observed, page: FencePage) {
    const listed = new Map(page.members.map(({ id, record }) => [id, record]))
    const others = new Map([...before, ...listed])
    others.delete(instance)
    return [...others].every(([id, record]) => {
      const latest = listed.get(id) ?? record
      return !latest.drives || latest.repaired === random
    })
  }

  return {
    get repaired() {
      return repaired
    },

    async advance(page) {
      const epoch = observe(page)
      if (!epoch) return
      await repairOnce(epoch)
      if (page.barrier === 'settled') return
      const elapsedMs = page.receivedAt - epoch.provenAt
      const isOver = elapsedMs >= waitOutMs(longestLease(epoch, page), bounds)
      if (isOver) await fence.settle(page.epoch, 'settled')
      else if (page.barrier === 'down' && isHeldFromBefore(epoch) && haveAllRepaired(epoch, page)) {
        await fence.settle(page.epoch, 'done')
      }
    },
  }
}
