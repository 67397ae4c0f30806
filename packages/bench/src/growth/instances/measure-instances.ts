import { randomBytes } from 'node:crypto'
import { createKeyspace } from '@portcullis/redis'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { startFleet } from '../../revocation/fleet/fleet.ts'
import { SERVERS, startServer } from '../../revocation/servers.ts'
import { createChanger } from '../changer.ts'
import type { Plan } from '../plan.ts'
import type { ServerUse } from '../server-counters.ts'
import {
  type ChangeCosts,
  type IdleCosts,
  measureChanges,
  measureFences,
  measureIdle,
  type Place,
} from './instance-costs.ts'

/** What one round found with one number of instances. */
export interface InstancesRound extends ChangeCosts {
  readonly instances: number
  /** Of Redis, for one fence; nothing without instances. */
  readonly fenceServer: ServerUse
  /** Of Redis, for one of many that one more sends without a pause. */
  readonly oneMoreFence: ServerUse
  /** Of an instance's process, for one fence, in microseconds. */
  readonly fenceInstanceUs: number
  /** Of Redis, for each instance. */
  readonly connections: number
}

/** Processes that share the instances, each instance with connections of its own. */
const PROCESSES = 10
/** Shorter than an installation has it, so that there are fences enough to be measured; what one costs stays the same. */
const LEASE_MS = 1_000

/** @param say Told what comes next. */
export async function measureInstances(
  plan: Plan,
  say: (line: string) => void,
): Promise<InstancesRound[][]> {
  await using held = new AsyncDisposableStack()
  // As infra/redis/redis.conf has it.
  const { url: redisUrl } = held.use(await startServer(SERVERS[0]))
  const redis = held.adopt(new Redis(redisUrl), (each) => each.disconnect())
  const secret = randomBytes(32).toString('base64url')
  const changer = held.use(await createChanger({ redisUrl, secret, leaseMs: LEASE_MS }))
  const fleet = held.use(startFleet(PROCESSES))
  const place = { fleet, redis, changer }
  const rounds: InstancesRound[][] = []
  for (let round = 1; round <= plan.rounds; round += 1) {
    say(`instances, round ${round} of ${plan.rounds}`)
    rounds.push(await measureRound(plan, place, redisUrl))
  }
  return rounds
}

async function measureRound({ instances: plan }: Plan, place: Place, redisUrl: string) {
  const { fleet } = place
  const measured: InstancesRound[] = []
  let without: IdleCosts | undefined
  for (const instances of plan.sizes) {
    if (instances > 0) await fleet.follow(instances, { redisUrl, leaseMs: LEASE_MS, replicas: 0 })
    const fencesBefore = await fencesOf(place.redis)
    const idle = await measureIdle(place, plan.idleMs)
    const fences = (await fencesOf(place.redis)) - fencesBefore
    without ??= idle
    measured.push({
      instances,
      ...fenceCosts({ idle, without, fences, instances }),
      oneMoreFence: await measureFences(place, plan.fences, idle),
      ...(await measureChanges(place, plan, idle)),
    })
    await fleet.release()
  }
  return measured
}

const recordSchema = z.object({ service: z.string(), fences: z.int() })

/** Sent so far by the instances, not by the changer. */
async function fencesOf(redis: Redis): Promise<number> {
  const members = await redis.hvals(createKeyspace().members)
  return members
    .map((text) => recordSchema.parse(JSON.parse(text)))
    .filter(({ service }) => service === 'service')
    .reduce((sum, { fences }) => sum + fences, 0)
}

/** What is left of a while with instances after what the same while took without. */
function fenceCosts({ idle, without, fences, instances }: FenceFacts) {
  const share = idle.ms / without.ms
  const each = (used: number, unused: number) => (used - unused * share) / Math.max(1, fences)
  const { server, instancesUs, connections } = idle
  return {
    fenceServer: {
      processorUs: each(server.processorUs, without.server.processorUs),
      bytesIn: each(server.bytesIn, without.server.bytesIn),
      bytesOut: each(server.bytesOut, without.server.bytesOut),
    },
    fenceInstanceUs: each(instancesUs, without.instancesUs),
    connections: (connections - without.connections) / Math.max(1, instances),
  }
}

interface FenceFacts {
  readonly idle: IdleCosts
  readonly without: IdleCosts
  readonly fences: number
  readonly instances: number
}
