import { setTimeout as pause } from 'node:timers/promises'
import type { RedisNode, SentinelRedis } from '@portcullis/testing'
import type { Constellation } from '../constellation/constellation.ts'
import { bothReplicasOf } from './replicas.ts'
import { type Heal, nothingToHeal, type Row, type Scene } from './row.ts'

// A server that came back empty would be taken for the primary by replicas that have not heard of the new one.
const APPENDS = ['--appendonly', 'yes', '--appendfsync', 'everysec']
const SENTINEL = { kind: 'sentinel', downAfterMs: 1_000, args: APPENDS } as const
const REPLICATED = { kind: 'replicated' } as const
const SHARED = { budget: 'within', trials: 20, changesHistory: true } as const
const BY_SENTINELS = {
  ...SHARED,
  leaseMs: 1_000,
  setting: SENTINEL,
  durability: 'never',
  tidy,
  holdMs: 0,
} as const
const FLUSHED = ['--appendonly', 'yes', '--appendfsync', 'always']
const BY_HAND = { ...SHARED, leaseMs: 400, setting: REPLICATED } as const
const FEW = 2

/** A primary, two replicas, three sentinels; and the same without sentinels, where a failover is what the harness wants. */
export const failoverRows: readonly Row[] = [
  {
    ...BY_HAND,
    name: 'failover to a host whose clock is half an hour ahead, and back',
    setting: { kind: 'replicated', replicaAheadMs: 1_800_000 },
    takes: FEW,
    strike: failTwiceClockAhead,
    tidy: replicateAgain,
  },
  {
    ...BY_SENTINELS,
    name: 'Sentinel failover, by command',
    strike: (scene) => fail(scene, 'command'),
  },
  {
    ...BY_SENTINELS,
    name: 'Sentinel failover, primary killed',
    strike: (scene) => fail(scene, 'kill'),
  },
  {
    ...BY_SENTINELS,
    name: 'Sentinel failover, primary frozen, and it comes back',
    strike: (scene) => fail(scene, 'freeze'),
  },
  {
    ...BY_SENTINELS,
    name: 'Sentinel failover shorter than a lease of 5 s, primary killed',
    leaseMs: 5_000,
    trials: 5,
    strike: (scene) => fail(scene, 'kill'),
  },
  {
    ...BY_SENTINELS,
    name: 'Sentinel failover, primary killed or frozen, ends wait for durable',
    setting: { ...SENTINEL, args: FLUSHED },
    durability: 'possible',
    wait: 'durable',
    strike: (scene) => fail(scene, scene.random() < 0.5 ? 'kill' : 'freeze'),
  },
  {
    ...BY_HAND,
    name: 'failover that loses the tail',
    takes: FEW,
    async strike(scene) {
      const [next] = await bothReplicasOf(scene.constellation)
      await promoteWithoutTail(scene, next)
      return nothingToHeal
    },
    tidy: replicateAgain,
  },
  {
    ...BY_HAND,
    name: 'two failovers, each loses a tail',
    takes: 2 * FEW,
    async strike(scene) {
      const [next, last] = await bothReplicasOf(scene.constellation)
      await promoteWithoutTail(scene, next)
      await pause(scene.random() * scene.constellation.leaseMs)
      await next.startReplicating()
      await promoteWithoutTail(scene, last)
      return nothingToHeal
    },
    tidy: replicateAgain,
  },
]

/** Sessions end meanwhile. */
async function failTwiceClockAhead(scene: Scene): Promise<Heal> {
  const { cluster } = scene.constellation.servers
  const [first, ahead] = cluster.nodes
  if (!first || !ahead) throw new TypeError('a replica is needed')
  await cluster.promote(ahead)
  for (let i = 0; i < FEW; i += 1) void scene.end(scene.take(), 'session')
  await pause(scene.constellation.leaseMs)
  await cluster.inSync()
  await cluster.promote(first)
  return nothingToHeal
}

async function fail({ constellation }: Scene, by: 'command' | 'kill' | 'freeze'): Promise<Heal> {
  const { cluster } = constellation.servers
  const { from } = await cluster.failover({ by })
  if (by === 'kill') await from.restart()
  if (by === 'freeze') from.resume()
  return nothingToHeal
}

/** Until both replicas follow the primary again. */
async function tidy({ servers: { cluster } }: Constellation): Promise<void> {
  await cluster.inSync()
}

/** Sessions end on the primary and on the other replica; then the one that has not heard of it becomes the primary. */
export async function promoteWithoutTail(
  { constellation, take, end }: Scene,
  next: RedisNode,
  beforehand = () => {},
) {
  await next.stopReplicating()
  const ending = Array.from({ length: FEW }, () => end(take()))
  await Promise.race([Promise.all(ending), pause(constellation.leaseMs)])
  beforehand()
  await constellation.servers.cluster.promote(next)
}

export async function replicateAgain({ servers: { cluster } }: Constellation): Promise<void> {
  await followPrimary(cluster)
  await cluster.inSync()
}

async function followPrimary(cluster: SentinelRedis): Promise<void> {
  const primary = await cluster.primary()
  for (const node of cluster.nodes) {
    await node.startReplicating()
    if (node !== primary) await node.follow(primary)
  }
}
