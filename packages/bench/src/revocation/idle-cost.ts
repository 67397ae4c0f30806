import { setTimeout } from 'node:timers/promises'
import { createKeyspace } from '@portcullis/redis'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Fleet } from './fleet/fleet.ts'

/** What was used while nothing happened but fences. */
export interface IdleCost {
  readonly elapsedMs: number
  /** Fences of the instances; not the revoker's. */
  readonly fences: number
  /** Processor time of the instances' processes, in milliseconds. */
  readonly instancesMs: number
  /** Processor time of the server, in milliseconds. */
  readonly serverMs: number
}

const recordSchema = z.object({ service: z.string(), fences: z.int() })

export async function measureIdleCost(
  fleet: Fleet,
  redis: Redis,
  idleMs: number,
): Promise<IdleCost> {
  const before = await readCounters(fleet, redis)
  await setTimeout(idleMs)
  const after = await readCounters(fleet, redis)
  return {
    elapsedMs: after.at - before.at,
    fences: after.fences - before.fences,
    instancesMs: after.instancesMs - before.instancesMs,
    serverMs: after.serverMs - before.serverMs,
  }
}

async function readCounters(fleet: Fleet, redis: Redis) {
  const [instancesMs, info, members] = await Promise.all([
    fleet.processorTime(),
    redis.info('cpu'),
    redis.hvals(createKeyspace().members),
  ])
  const used = (kind: string) => Number(new RegExp(`^used_cpu_${kind}:(\\S+)`, 'm').exec(info)?.[1])
  const records = members.map((text) => recordSchema.parse(JSON.parse(text)))
  const fences = records
    .filter(({ service }) => service === 'service')
    .reduce((sum, record) => sum + record.fences, 0)
  return {
    at: performance.now(),
    fences,
    instancesMs,
    serverMs: (used('user') + used('sys')) * 1_000,
  }
}

/** What one fence costs, in microseconds, after what is used without any instance. */
export function costOfFence(
  cost: IdleCost,
  without: IdleCost,
): { instance: number; server: number } {
  const share = cost.elapsedMs / without.elapsedMs
  const perFence = (used: number, unused: number) =>
    ((used - unused * share) * 1_000) / Math.max(1, cost.fences)
  return {
    instance: perFence(cost.instancesMs, without.instancesMs),
    server: perFence(cost.serverMs, without.serverMs),
  }
}
