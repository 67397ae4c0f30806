import type { InstanceId } from '@portcullis/context'
import { RedisError } from '@portcullis/redis'
import type { Clock, Logger } from '@portcullis/runtime'
import type { AppliedLog, Epoch } from '../log/applied-log.ts'
import { catchUp, type LogListener } from '../log/catch-up.ts'
import type { LogEvent } from '../log/event.ts'
import type { SeenEpoch } from '../log/seen-epoch.ts'
import { createBarrier, type RepairTruth } from './barrier.ts'
import { createFence, type FencePage } from './fence.ts'
import type { FenceServer } from './fence-server.ts'
import { type ClockBounds, createLease, type Lease } from './lease.ts'
import { createMetEpochs } from './met-epochs.ts'
import { createServerClock } from './server-clock.ts'
import { createSharedFence } from './shared-fence.ts'
import { createStillMembers } from './still-members.ts'

export interface FenceLoopOptions {
  readonly server: FenceServer
  readonly instance: InstanceId
  readonly service: string
  readonly log: AppliedLog
  readonly seen: SeenEpoch
  readonly listener: LogListener
  /** Events applied so far, to be re-asserted under a new epoch. */
  readonly known: () => readonly LogEvent[]
  readonly repair: RepairTruth | undefined
  readonly leaseMs: number
  readonly longestRelaxedMs: number
  readonly bounds: ClockBounds
  readonly clock: Clock
  readonly logger: Logger
  /** Whether someone waits for what members say. */
  readonly wantsMembers: () => boolean
  /** Fences that fail or prove nothing, one after the other, until the server is left: it hangs or was deposed. */
  readonly failuresBeforeLeaving: number
  /** Drops the connections and makes them anew, with sentinels to whichever server is the primary now. */
  readonly leaveServer: () => void
  /** Hears of each fence, and of the members if it listed them. */
  readonly onFence: (page: FencePage) => void
  readonly onFenceFailed: () => void
}

/** Fences eight times a lease, and whenever asked: applies what is new, renews the lease, raises the barrier. */
export interface FenceLoop {
  readonly lease: Lease
  /** One wall clock for all who follow the log. */
  readonly clock: Clock
  /** A fence sent after this call, shared. */
  now(): Promise<FencePage>
  /** The same, with the members listed. */
  listing(): Promise<FencePage>
  request(): void
  /** Ends the lease, and fences no more. */
  stop(): void
  /** Stops, then takes this instance out of the members. */
  leave(): Promise<void>
}

/** Fences in one lease: some may fail without a lapse. */
const FENCES_PER_LEASE = 8
/** How often members are listed without anyone asking, in fences. */
const FENCES_PER_LISTING = 8

export function createFenceLoop(options: FenceLoopOptions): FenceLoop {
  const { log, seen, listener, repair, leaseMs, bounds, logger, instance } = options
  const lease = createLease(leaseMs, options.clock)
  const serverClock = createServerClock(options.clock)
  let fences = 0
  let listings = 0
  let isSettled = false
  let failures = 0

  const fence = createFence({
    ...options,
    instant: lease.instant,
    wantsMembers: () =>
      listings > 0 || !isSettled || options.wantsMembers() || fences % FENCES_PER_LISTING === 1,
    describe: () => ({
      service: options.service,
      drives: repair !== undefined,
      leaseMs: leaseMs + options.longestRelaxedMs,
      applied: log.position,
      repaired: barrier?.repaired ?? '',
      met: seen.highest,
      fences: ++fences,
    }),
  })
  /** Whether this instance still decides by what it proved under the epoch before. */
  function isHeldFromBefore({ random }: Epoch) {
    return log.epoch.counter > 0 && log.epoch.random !== random && lease.isHeld()
  }

  const barrier = repair && createBarrier({ ...options, fence, repair, isHeldFromBefore })
  const removeStill = createStillMembers(fence, instance, bounds)
  const meetOthers = createMetEpochs(seen, options.clock)

  function countFailure() {
    failures += 1
    if (failures % options.failuresBeforeLeaving === 0) options.leaveServer()
  }

  function noteProven({ sent, receivedAt, serverTime }: FencePage) {
    failures = 0
    serverClock.note({ sentAt: sent.now, receivedAt, serverTime })
  }

  async function fenceOnce(): Promise<FencePage> {
    const page = await catchUp({ log, fence, seen, listener }).catch((error: unknown) => {
      if (!isBeingConnected(error)) countFailure()
      options.onFenceFailed()
      throw error
    })
    if (page.isProven) noteProven(page)
    else countFailure()
    const isAdopted = page.epoch.random === log.epoch.random
    if (page.isProven && isAdopted) lease.grant(page.sent)
    isSettled = page.barrier === 'settled'
    options.onFence(page)
    await barrier?.advance(page)
    if (repair && page.members.length > 0) {
      meetOthers(page)
      await removeStill(page)
    }
    return page
  }

  const shared = createSharedFence({
    fence: fenceOnce,
    intervalMs: leaseMs / FENCES_PER_LEASE,
    logger,
  })

  function stop() {
    shared.stop()
    lease.end()
  }

  return {
    lease,
    clock: serverClock,
    now: shared.now,
    request: shared.request,
    stop,
    async listing() {
      listings += 1
      try {
        return await shared.now()
      } finally {
        listings -= 1
      }
    },
    async leave() {
      stop()
      await fence.remove(instance).catch((err) => {
        logger.warn({ err }, 'left without saying so; others wait one lease')
      })
    },
  }
}

/** A connection that is being made anew would only be made anew once more, by whoever asks often enough. */
function isBeingConnected(error: unknown): boolean {
  return error instanceof RedisError && error.code === 'ERR_REDIS_UNAVAILABLE'
}
