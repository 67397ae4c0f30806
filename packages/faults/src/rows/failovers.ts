import { setTimeout as pause } from 'node:timers/promises'
import type { RedisNode, SentinelRedis } from '@portcullis/testing'
import type { Constellation } from '../constellation/constellation.ts'
import { onServer } from '../constellation/servers.ts'
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
      const [next] = await replicasOf(scene.constellation)
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
      const [next, last] = await replicasOf(scene.constellation)
      await promoteWithoutTail(scene, next)
      await pause(scene.random() * scene.constellation.leaseMs)
      await next.startReplicating()
      await promoteWithoutTail(scene, last)
      return nothingToHeal
    },
    tidy: replicateAgain,
  },
  {
    ...BY_HAND,
    name: 'failover, the old primary lives on with the connections of half of the instances',
    takes: FEW,
    strike: splitBrain,
    tidy: replicateAgain,
  },
  {
    ...BY_HAND,
    name: 'failover, stores still read the old primary, fences the new one',
    takes: FEW,
    strike: (scene) => splitBrain(scene, (name) => !name.endsWith(':commands')),
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

async function replicasOf({
  servers: { cluster },
}: Constellation): Promise<[RedisNode, RedisNode]> {
  const primary = await cluster.primary()
  const [first, second] = cluster.nodes.filter((node) => node !== primary)
  if (!first || !second) throw new TypeError('two replicas are needed')
  return [first, second]
}

/** Sessions end on the primary and on the other replica; then the one that has not heard of it becomes the primary. */
async function promoteWithoutTail({ constellation, take, end }: Scene, next: RedisNode) {
  await next.stopReplicating()
  const ending = Array.from({ length: FEW }, () => end(take()))
  await Promise.race([Promise.all(ending), pause(constellation.leaseMs)])
  await constellation.servers.cluster.promote(next)
}

/**
 * The old primary is not told: who is connected to it stays, and it takes writes. Those who revoke are on the new one, and
 * of the others' connections those that `moves` names.
 */
async function splitBrain(
  scene: Scene,
  moves: (name: string) => boolean = () => false,
): Promise<Heal> {
  const { constellation, take, end } = scene
  const { cluster } = constellation.servers
  const former = await cluster.primary()
  const [next] = await replicasOf(constellation)
  await cluster.promote(next, { keepConnections: true, leaveFormer: true })
  const isFirst = (name: string) => /^[gs]1:/.test(name)
  await killConnections(former, (name) => !isFirst(name) || moves(name))
  for (let i = 0; i < FEW; i += 1) void end(take())
  return async () => {
    await former.follow(next)
    await killConnections(former, () => true)
  }
}

async function killConnections(node: RedisNode, isMeant: (name: string) => boolean): Promise<void> {
  await onServer(node.port, async (redis) => {
    const list = String(await redis.client('LIST', 'TYPE', 'NORMAL'))
    const others = String(await redis.client('LIST', 'TYPE', 'PUBSUB'))
    for (const line of `${list}\n${others}`.split('\n')) {
      const [, id = '', name = ''] = /^id=(\d+) .*? name=(\S*) /.exec(line) ?? []
      if (name !== '' && isMeant(name)) await redis.client('KILL', 'ID', id)
    }
  })
}

async function replicateAgain({ servers: { cluster } }: Constellation): Promise<void> {
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
