import { setTimeout } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Fleet } from '../../revocation/fleet/fleet.ts'
import type { Changer } from '../changer.ts'
import { readServer, type ServerCounters, type ServerUse, useBetween } from '../server-counters.ts'

/** What instances that follow the log cost while nothing happens. */
export interface IdleCosts {
  readonly ms: number
  /** Of Redis. */
  readonly server: ServerUse
  /** Processor time of the instances' processes, in microseconds. */
  readonly instancesUs: number
  readonly connections: number
}

/** What it costs, with so many of them, to change something. */
export interface ChangeCosts {
  /** Milliseconds until each change that was waited for was enforced. */
  readonly receiptsMs: readonly number[]
  /** Of Redis, for one of these. */
  readonly receiptServer: ServerUse
  /** Of Redis, for a change that nobody waits for. */
  readonly changeServer: ServerUse
  /** Of all instances' processes together, for one of these, in microseconds. */
  readonly changeInstancesUs: number
}

export interface Place {
  readonly fleet: Fleet
  readonly redis: Redis
  readonly changer: Changer
}

export async function measureIdle({ fleet, redis }: Place, idleMs: number): Promise<IdleCosts> {
  const [before, used] = [await readServer(redis), await fleet.processorTime()]
  await setTimeout(idleMs)
  const [after, usedAfter] = [await readServer(redis), await fleet.processorTime()]
  return {
    ms: after.at - before.at,
    server: useBetween(before, after),
    instancesUs: (usedAfter - used) * 1_000,
    connections: after.connections,
  }
}

/** Of Redis, for one fence of somebody who sends one after the other, while the instances go on as before. */
export async function measureFences(
  { redis, changer }: Place,
  fences: number,
  idle: IdleCosts,
): Promise<ServerUse> {
  const before = await readServer(redis)
  for (let sent = 0; sent < fences; sent += 1) await changer.fence()
  return beyondIdle(before, await readServer(redis), fences, idle)
}

/**
 * After what is used while nothing happens.
 *
 * @throws {Error} when an instance was silent: waiting for the end of a lease measures a clock.
 */
export async function measureChanges(
  { fleet, redis, changer }: Place,
  counts: { readonly receipts: number; readonly changes: number },
  idle: IdleCosts,
): Promise<ChangeCosts> {
  const before = await readServer(redis)
  const receiptsMs: number[] = []
  while (receiptsMs.length < counts.receipts) receiptsMs.push(await enforce(changer))
  const between = await readServer(redis)
  const used = await fleet.processorTime()
  for (let made = 1; made < counts.changes; made += 1) await changer.publish()
  // The last is waited for, so that all of them are applied everywhere.
  await enforce(changer)
  const instancesUs = ((await fleet.processorTime()) - used) * 1_000
  const after = await readServer(redis)
  const idleUs = (idle.instancesUs / idle.ms) * (after.at - between.at)
  return {
    receiptsMs,
    receiptServer: beyondIdle(before, between, counts.receipts, idle),
    changeServer: beyondIdle(between, after, counts.changes, idle),
    changeInstancesUs: (instancesUs - idleUs) / counts.changes,
  }
}

/** For each of so many, after what is used in that time while nothing happens. */
function beyondIdle(
  before: ServerCounters,
  after: ServerCounters,
  count: number,
  { ms, server }: IdleCosts,
): ServerUse {
  const used = useBetween(before, after)
  const share = (after.at - before.at) / ms
  const each = (name: keyof ServerUse) => (used[name] - server[name] * share) / count
  return {
    processorUs: each('processorUs'),
    bytesIn: each('bytesIn'),
    bytesOut: each('bytesOut'),
  }
}

async function enforce(changer: Changer): Promise<number> {
  const { ms, isAcknowledged } = await changer.enforce()
  if (!isAcknowledged) throw new Error('an instance was silent')
  return ms
}
