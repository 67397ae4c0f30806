import type { RedisNode } from '@portcullis/testing'
import type { Constellation } from '../constellation/constellation.ts'
import { type Heal, nothingToHeal, type Row, type Scene } from './row.ts'

const SHARED = {
  budget: 'within',
  trials: 20,
  leaseMs: 400,
  setting: { kind: 'replicated' },
  wait: 'durable',
} as const

/** What happens to replicas while the primary lives: a majority decides what is in force, all of them what is durable. */
export const replicaRows: readonly Row[] = [
  {
    ...SHARED,
    name: 'one replica frozen: in force, and not durable',
    holdMs: 1_500,
    deniesDurability: true,
    strike: (scene) => freeze(scene, 1),
  },
  {
    ...SHARED,
    name: 'both replicas frozen: no majority',
    holdMs: 1_000,
    deniesDurability: true,
    strike: (scene) => freeze(scene, 2),
  },
  {
    ...SHARED,
    name: 'both replicas lose their link, and catch up',
    strike: async ({ constellation }) => {
      for (const replica of await replicasOf(constellation)) await replica.stopReplicating()
      return async () => {
        for (const replica of await replicasOf(constellation)) await replica.startReplicating()
      }
    },
  },
  {
    ...SHARED,
    name: 'replicas restarted one after the other',
    async strike({ constellation }) {
      for (const replica of await replicasOf(constellation)) {
        await replica.kill()
        await replica.restart()
      }
      return nothingToHeal
    },
    tidy: ({ servers }) => servers.cluster.inSync(),
  },
]

export async function replicasOf({ servers: { cluster } }: Constellation): Promise<RedisNode[]> {
  const primary = await cluster.primary()
  return cluster.nodes.filter((node) => node !== primary)
}

export async function bothReplicasOf(
  constellation: Constellation,
): Promise<[RedisNode, RedisNode]> {
  const [first, second] = await replicasOf(constellation)
  if (!first || !second) throw new TypeError('two replicas are needed')
  return [first, second]
}

async function freeze({ constellation }: Scene, count: number): Promise<Heal> {
  const frozen = (await replicasOf(constellation)).slice(0, count)
  for (const replica of frozen) replica.pause()
  return async () => {
    for (const replica of frozen) replica.resume()
  }
}
