import { setTimeout } from 'node:timers/promises'
import {
  type AssertionSigner,
  createId,
  type InstanceId,
  type OrganizationId,
  type Position,
} from '@portcullis/context'
import type { Keyspace } from '@portcullis/redis'
import { type Clock, type Logger, type Metrics, noMetrics, systemClock } from '@portcullis/runtime'
import { RevocationError } from './errors.ts'
import type { LogPage } from './events/log-reader.ts'
import type { RepairTruth } from './fence/barrier.ts'
import { createFenceLoop } from './fence/fence-loop.ts'
import { type ClockBounds, DEFAULT_CLOCK_BOUNDS } from './fence/lease.ts'
import { type Admission, createAppliedLog, type FillPoint } from './log/applied-log.ts'
import type { LogListener } from './log/catch-up.ts'
import type { LogEvent } from './log/event.ts'
import type { PrincipalKeys } from './log/floors.ts'
import { followHints } from './log/follow-hints.ts'
import { createKnownEvents } from './log/known-events.ts'
import { createListeners } from './log/listeners.ts'
import { createSeenEpoch } from './log/seen-epoch.ts'
import { createFollowerMetrics } from './metrics/follower-metrics.ts'
import { createAcknowledgements } from './receipts/acknowledgements.ts'
import type { Receipt } from './receipts/receipt.ts'
import { type Change, createReceipts } from './receipts/receipts.ts'
import { openTransport } from './transport/open-transport.ts'
import type { Transport } from './transport/transport.ts'

/** Keeps what this instance believes in step with the event log, and knows for how long it may believe it. */
export interface Follower extends AsyncDisposable {
  readonly instance: InstanceId
  /** Up to where the log has been applied without a gap. */
  readonly position: Position
  /** `clock.now()` until which the last proof of freshness allows to decide from memory. */
  readonly leaseEndsAt: number
  /**
   * One wall clock for everyone who follows the log, by its server's and this process's monotonic one: how hosts are set does
   * not matter. `now` is this process's.
   */
  readonly clock: Clock
  /** How long a lease is, counted from the sending of the fence that proved it; milliseconds. */
  readonly leaseMs: number
  /** Longest time beyond the lease that `isFresh` allows, in milliseconds. */
  readonly longestRelaxedMs: number
  /**
   * Whether a decision may be taken from memory at this very moment. Synchronous.
   *
   * @param relaxedMs How much longer than the lease the caller accepts, in milliseconds; at most `longestRelaxedMs`.
   */
  isFresh(relaxedMs?: number): boolean
  /**
   * Whether something may have been said about these keys since `checkedAt`. Synchronous; true under another epoch.
   */
  isStale(keys: PrincipalKeys, checkedAt: Position): boolean
  /** As `isStale`, leaving out what was said of the organization's rules (`organization.changed`). Synchronous. */
  isSessionStale(keys: PrincipalKeys, checkedAt: Position): boolean
  /** Whether something may have been said about the organization's rules since `checkedAt`. Synchronous. */
  areRulesStale(organization: OrganizationId, checkedAt: Position): boolean
  /** Whether a place at which something was read lies on the history that is followed here, as far as it is applied. */
  isOn(point: FillPoint): boolean
  /** Judges a session that was loaded together with the log's head at `point`; synchronous. */
  admit(point: FillPoint, keys: PrincipalKeys): Admission
  /** Judges an organization's rules that were loaded together with the log's head at `point`; synchronous. */
  admitRules(point: FillPoint, organization: OrganizationId): Admission
  /** Hears each event once and in order, after its key's floor was raised. Returns what ends it. */
  onEvent(listener: (event: LogEvent) => void): () => void
  /** Hears that nothing cached is to be believed any more. Returns what ends it. */
  onReset(listener: () => void): () => void
  /**
   * Fences now. Resolves when everything up to a head read after this call is applied; callers share fences.
   *
   * @returns whether that very fence proved freshness. `isFresh` may hold without it, by an earlier one.
   * @throws {RevocationError} `ERR_LOG_UNREADABLE` when Redis does not answer.
   */
  catchUp(): Promise<boolean>
  /** Resolves when a change that was written is enforced everywhere, or says what else is known of it. */
  enforce(change: Change): Promise<Receipt>
  /** Reads the log for application code, apart from the fences; see `createRevocations`. */
  readLog(after: Position, limit: number): Promise<LogPage>
}

interface CommonOptions {
  /** Who follows: the service's name in receipts, and part of the connections' names on the server. */
  readonly name: string
  readonly logger: Logger
  /** Where it measures itself. Default nowhere. */
  readonly metrics?: Metrics | undefined
  /** Its id, new at each start; made if it is left out. */
  readonly instance?: InstanceId
  readonly clock?: Clock
  /** How long a proof of freshness allows to decide from memory, in milliseconds. Default 5,000. A fence is sent every eighth of it. */
  readonly leaseMs?: number | undefined
  /** Longest time beyond the lease that any procedure here accepts, in milliseconds. Default 0. */
  readonly longestRelaxedMs?: number
  readonly clockBounds?: ClockBounds
  /** How long the first fence may take, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number
}

/** Of an instance that reaches Redis. */
export interface RedisFollowerOptions extends CommonOptions {
  readonly redisUrl: string
  readonly gatewayUrl?: undefined
  readonly keyspace?: Keyspace
  /** Replicas configured beside the primary. Default 0. */
  readonly replicas?: number | undefined
  /**
   * Given by those who hold the truth of sessions: brings it up to events that the server may have lost. Makes this
   * instance a driver of the barrier.
   */
  readonly repair?: RepairTruth
}

/** Of an instance that may not or cannot reach Redis, and does everything through a gateway with a `relay` option. */
export interface GatewayFollowerOptions extends CommonOptions {
  /** Base URL of a gateway, or of several that are tried in turn. */
  readonly gatewayUrl: string | readonly string[]
  /** Says who asks; its `service` must be `name`, or the gateway refuses. */
  readonly assertion: AssertionSigner
  readonly redisUrl?: undefined
  readonly repair?: undefined
}

export type FollowerOptions = RedisFollowerOptions | GatewayFollowerOptions

/** Events that are re-asserted under a new epoch, at most. */
const MAX_KNOWN_EVENTS = 10_000
const RETRY_MS = 100

/**
 * Follows the event log: subscribes to its hints, fences, and from then on fences at every reconnect, at every gap between
 * hints, and eight times a lease besides. Every hint may be lost.
 *
 * @throws {RevocationError} `ERR_LOG_UNREADABLE` when the first fence does not succeed in `startTimeoutMs`.
 */
export async function createFollower(options: FollowerOptions): Promise<Follower> {
  const { clock = systemClock, logger, name, repair } = options
  const { leaseMs = 5_000, longestRelaxedMs = 0, startTimeoutMs = 10_000 } = options
  const { clockBounds: bounds = DEFAULT_CLOCK_BOUNDS, instance = createId('ins') } = options
  const transport = openTransport({ ...options, instance, leaseMs, clock })

  const log = createAppliedLog()
  const seen = createSeenEpoch()
  const listeners = createListeners(logger)
  const known = createKnownEvents(MAX_KNOWN_EVENTS)
  const acknowledgements = createAcknowledgements({
    position: () => log.position,
    send: transport.acknowledge,
  })
  const listener: LogListener = {
    onEvent(event) {
      known.add(event)
      // Everything that the event ends has been told to stop before it is acknowledged.
      listeners.onEvent(event)
      if (event.originator === instance) receipts.noteOwn()
      else if (event.originator && !seen.isBehind(log.epoch)) acknowledgements.add(event.originator)
    },
    onReset(cause) {
      measured.onReset(cause)
      listeners.onReset()
    },
    // What was logged before the epoch was adopted is to be re-asserted under the next one like the rest.
    onAdopted(events) {
      for (const event of events) known.add(event)
    },
  }

  const repairCounted =
    (repairTruth: RepairTruth): RepairTruth =>
    async (events) => {
      await repairTruth(events)
      measured.onRepaired(events.length)
    }

  const loop = createFenceLoop({
    server: transport.fences,
    instance,
    service: name,
    log,
    seen,
    listener,
    known: known.list,
    repair: repair && repairCounted(repair),
    leaseMs,
    longestRelaxedMs,
    bounds,
    clock,
    logger,
    wantsMembers: () => receipts.waiting > 0,
    failuresBeforeLeaving: transport.failuresBeforeLeaving,
    leaveServer: transport.leaveServer,
    onFence(page) {
      receipts.observe(page)
      measured.onFence(page)
    },
    onFenceFailed: () => measured.onFenceFailed(),
  })
  const measured = createFollowerMetrics({
    metrics: options.metrics ?? noMetrics,
    lease: loop.lease,
    position: () => log.position,
    clock,
    logger,
  })
  const receipts = createReceipts({
    instance,
    clock,
    bounds,
    fence: loop.listing,
    hasApplied: log.hasApplied,
    isProven: transport.isProven,
    currentEpoch: () => (seen.isBehind(log.epoch) ? null : log.epoch),
    leaseMs: leaseMs + longestRelaxedMs,
  })
  const { acknowledge: onAcknowledgement } = receipts
  transport.hear(followHints({ log, listener, onAcknowledgement, requestFence: loop.request }))
  if (repair) transport.durability.open()

  function disconnect() {
    measured[Symbol.dispose]()
    transport[Symbol.dispose]()
  }

  await firstFence(transport, loop.now, startTimeoutMs).catch((cause) => {
    loop.stop()
    disconnect()
    throw new RevocationError('ERR_LOG_UNREADABLE', { cause })
  })
  transport.onReady(loop.request)

  return {
    instance,
    get position() {
      return log.position
    },
    clock: loop.clock,
    leaseMs,
    longestRelaxedMs,
    get leaseEndsAt() {
      return loop.lease.endsAt
    },
    isFresh: (relaxedMs = 0) => loop.lease.isHeld(Math.min(relaxedMs, longestRelaxedMs)),
    isStale: log.isStale,
    isSessionStale: log.isSessionStale,
    areRulesStale: log.areRulesStale,
    isOn: log.isOn,
    admit: log.admit,
    admitRules: log.admitRules,
    onEvent: listeners.addEventListener,
    onReset: listeners.addResetListener,
    async catchUp() {
      const { isProven, epoch } = await loop.now()
      return isProven && epoch.random === log.epoch.random
    },
    async enforce(change) {
      const receipt = receipts.enforce(change)
      return measured.onReceipt(await transport.durability.complete(change, receipt))
    },
    readLog: transport.log.readAfter,
    async [Symbol.asyncDispose]() {
      await loop.leave()
      disconnect()
    },
  }
}

async function firstFence(road: Transport, fence: () => Promise<unknown>, timeoutMs: number) {
  const deadline = performance.now() + timeoutMs
  await road.whenReady(timeoutMs)
  for (;;) {
    try {
      return await fence()
    } catch (error) {
      if (performance.now() >= deadline) throw error
      await setTimeout(RETRY_MS)
    }
  }
}
