import type { InstanceId } from '@portcullis/context'
import type { Logger } from '@portcullis/runtime'
import type { LogEvent } from '../log/event.ts'
import type { Fence, FencePage } from './fence.ts'
import { type ClockBounds, waitOutMs } from './lease.ts'
import type { MemberRecord } from './member.ts'

/** Brings the truth of the server up to what is known of these events, whichever of them it has lost. Idempotent. */
export type RepairTruth = (events: readonly LogEvent[]) => Promise<void>

/** Raises the barrier of a new epoch, together with the other drivers. */
export interface Barrier {
  /** Counter of the last epoch under which this instance has re-asserted what it knows. */
  readonly repaired: number
  /** One step towards the next state, after each fence. */
  advance(page: FencePage): Promise<void>
}

export interface BarrierOptions {
  readonly fence: Fence
  readonly instance: InstanceId
  readonly repair: RepairTruth
  /** The events this instance has applied, oldest first, as far back as it remembers. */
  readonly known: () => readonly LogEvent[]
  /** Epoch that this instance has served under last, 0 for none. */
  readonly served: () => number
  readonly leaseMs: number
  readonly bounds: ClockBounds
  readonly logger: Logger
}

interface Observed {
  readonly counter: number
  readonly random: string
  /** Monotonic: when this instance first knew that a majority has the epoch. */
  readonly provenAt: number
  /** Drivers it knew of at that time, whether or not the server still lists them. */
  readonly drivers: ReadonlyMap<InstanceId, MemberRecord>
  /** Whether any of them, or this instance, has served under an earlier epoch, and so knows what was lost. */
  readonly isInformed: boolean
}

/**
 * Under a new epoch the server may have lost what was acknowledged last. The barrier goes up ('done') when every driver has
 * re-asserted what it applied, or has been silent for so long that its lease is over; it is 'settled' when that time has
 * passed for everyone, since an instance that the lost tail forgot may hold a lease until then.
 */
export function createBarrier(options: BarrierOptions): Barrier {
  const { fence, instance, repair, known, served, leaseMs, bounds, logger } = options
  let drivers = new Map<InstanceId, MemberRecord>()
  let observed: Observed | undefined
  let repaired = 0

  function observe(page: FencePage): Observed | undefined {
    for (const { id, record } of page.members) if (record.drives) drivers.set(id, record)
    if (observed?.random !== page.epoch.random && page.isProven) {
      const hasServed = (epoch: number) => epoch > 0 && epoch < page.epoch.counter
      const epochs = [...drivers.values()].map(({ applied }) => applied.epoch)
      observed = {
        ...page.epoch,
        provenAt: page.receivedAt,
        drivers: new Map(drivers),
        isInformed: [served(), ...epochs].some(hasServed),
      }
    }
    // Who left under a settled epoch has nothing to re-assert under the next one.
    if (page.barrier === 'settled' && page.members.length > 0) {
      drivers = new Map(page.members.map(({ id, record }) => [id, record]))
    }
    return observed?.random === page.epoch.random ? observed : undefined
  }

  async function repairOnce({ counter }: Observed) {
    if (repaired >= counter) return
    const events = known().filter(({ position }) => position.epoch < counter)
    if (events.length > 0) {
      await repair(events)
      logger.warn({ events: events.length, epoch: counter }, 'history repaired')
    }
    repaired = counter
  }

  /** Longest lease of anyone who may still hold one from before. */
  function longestLease({ drivers: before }: Observed, page: FencePage) {
    const leases = [...before.values(), ...page.members.map(({ record }) => record)]
    return Math.max(leaseMs, ...leases.map((record) => record.leaseMs))
  }

  /** Never of an epoch whose predecessors nobody remembers: they may yet come back and know. */
  function haveAllRepaired({ counter, drivers: before, isInformed }: Observed, page: FencePage) {
    if (!isInformed) return false
    const listed = new Map(page.members.map(({ id, record }) => [id, record]))
    const others = new Map([...before, ...listed])
    others.delete(instance)
    return [...others].every(([id, record]) => {
      const latest = listed.get(id) ?? record
      return !latest.drives || latest.repaired >= counter
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
      else if (page.barrier === 'down' && haveAllRepaired(epoch, page)) {
        await fence.settle(page.epoch, 'done')
      }
    },
  }
}
