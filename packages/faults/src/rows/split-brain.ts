import { setTimeout as pause } from 'node:timers/promises'
import { createSessionStore } from '@portcullis/sessions'
import type { RedisNode } from '@portcullis/testing'
import { onServer } from '../constellation/servers.ts'
import { startGateway } from '../instances/gateway.ts'
import { promoteWithoutTail, replicateAgain } from './failovers.ts'
import { bothReplicasOf } from './replicas.ts'
import type { Heal, Row, Scene } from './row.ts'

const SHARED = {
  budget: 'within',
  trials: 20,
  leaseMs: 400,
  setting: { kind: 'replicated' },
  changesHistory: true,
  tidy: replicateAgain,
} as const
const FEW = 2

/** Two servers that both are a primary, and instances that do not agree on which. */
export const splitBrainRows: readonly Row[] = [
  {
    ...SHARED,
    name: 'failover, the old primary lives on with the connections of half of the instances',
    takes: FEW,
    strike: (scene) => splitBrain(scene),
  },
  {
    ...SHARED,
    name: 'failover, stores still read the old primary, fences the new one',
    takes: FEW,
    reader: {},
    strike: (scene) => splitBrain(scene, { moves: isNoStore }),
  },
  {
    ...SHARED,
    name: 'failover, the old primary and half of the instances cut off together',
    takes: FEW,
    holdMs: 1_500,
    strike: (scene) => cutOffTogether(scene),
  },
  {
    ...SHARED,
    name: 'failover, the other replica follows the old primary for four leases more',
    takes: FEW,
    holdMs: 0,
    strike: followsTheOldOne,
  },
  {
    ...SHARED,
    name: 'failover that loses the tail, a gateway starts while all who know are cut off',
    proxiesOthers: true,
    takes: FEW,
    holdMs: 0,
    strike: (scene) => startsBeforeRepair(scene, scene.constellation.servers.url),
  },
]

interface Split {
  /** Which connections of the first instances go over to the new primary. Default none. */
  readonly moves?: (name: string) => boolean
  /** Whether the other replica goes on following the old primary. Default false. */
  readonly leaveOthers?: boolean
}

/**
 * The old primary is not told: who is connected to it stays, and it takes writes. Those who revoke are on the new one, and
 * of the others' connections those that `moves` names.
 */
export async function splitBrain(
  scene: Scene,
  { moves = () => false, leaveOthers = false }: Split = {},
): Promise<Heal> {
  const { constellation, take, end } = scene
  const { cluster } = constellation.servers
  const former = await cluster.primary()
  const [next] = await bothReplicasOf(constellation)
  await cluster.promote(next, {
    keepConnections: true,
    leaveFormer: true,
    leaveOthers,
  })
  await killConnections(former, (name) => !isFirst(name) || moves(name))
  for (let i = 0; i < FEW; i += 1) void end(take())
  return async () => {
    await former.follow(next)
    await killConnections(former, () => true)
  }
}

/** The first instances reach the old primary and nothing else, also when they connect anew. */
export async function cutOffTogether(scene: Scene, split: Split = {}): Promise<Heal> {
  const { proxies, servers } = scene.constellation
  const former = await servers.cluster.primary()
  for (const proxy of proxies) proxy.moveTo(former.url)
  const heal = await splitBrain(scene, split)
  return async () => {
    for (const proxy of proxies) proxy.moveTo(servers.url)
    await heal()
  }
}

/** Until it leaves the old primary, that one has a majority and the new one has none. */
export async function followsTheOldOne(scene: Scene): Promise<Heal> {
  const { constellation } = scene
  const [next, other] = await bothReplicasOf(constellation)
  const heal = await cutOffTogether(scene, { leaveOthers: true })
  await pause(4 * constellation.leaseMs)
  await other.follow(next)
  await pause(2 * constellation.leaseMs)
  return heal
}

/** Those who know what was lost are away for less than the lease that a barrier waits. */
export async function startsBeforeRepair(scene: Scene, redisUrl: string): Promise<Heal> {
  const { constellation, load } = scene
  const { leaseMs, secrets, servers, services, claims, others, proxies } = constellation
  const [next] = await bothReplicasOf(constellation)
  await promoteWithoutTail(scene, next, () => {
    for (const proxy of [...others, ...proxies]) proxy.cut()
  })
  const gateway = await startGateway({
    name: 'joined',
    redisUrl,
    secrets,
    leaseMs,
    replicas: servers.replicas,
    services: Object.fromEntries(services.map(({ name, url }) => [name, url])),
    claimsUrl: claims.url,
  })
  load.join({ gateway })
  await pause(leaseMs / 2)
  return async () => {
    load.leave(gateway.name)
    for (const proxy of [...others, ...proxies]) proxy.heal()
    await gateway[Symbol.asyncDispose]()
  }
}

/** Appends to the log of a server that is no longer the primary, as somebody would who has not heard of it. */
export async function writeOn(scene: Scene, redisUrl: string, events: number): Promise<void> {
  const { pepper, tokenKeys } = scene.constellation.secrets
  await using store = await createSessionStore({ redisUrl, name: 'late', pepper, tokenKeys })
  for (let i = 0; i < events; i += 1) {
    await store.revoke({ subject: `usr_nobody${i}` }, { cause: 'fault-harness' })
  }
}

export function isNoStore(name: string): boolean {
  return !name.endsWith(':commands')
}

function isFirst(name: string): boolean {
  return /^[gsr]1:/.test(name)
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
