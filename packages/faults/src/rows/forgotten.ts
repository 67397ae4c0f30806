import { createSessionStore, type SessionStore } from '@portcullis/sessions'
import type { Constellation } from '../constellation/constellation.ts'
import { onServer } from '../constellation/servers.ts'
import { replicasOf } from './replicas.ts'
import { nothingToHeal, type Row, type Scene } from './row.ts'

const SHARED = {
  budget: 'within',
  trials: 20,
  leaseMs: 400,
  startsAnew: true,
  forgets: true,
  wait: 'durable',
} as const
const LAST = 2

/**
 * Everybody who knew of an end is gone, and then the server too: what was durable is known all the same, and nothing that
 * could be lost may have been called so.
 */
export const forgottenRows: readonly Row[] = [
  {
    ...SHARED,
    name: 'every instance gone, then failover to a replica that lacks the tail',
    setting: { kind: 'replicated' },
    takes: LAST,
    strike: async () => nothingToHeal,
    async truth(scene) {
      const { constellation } = scene
      const [next] = await replicasOf(constellation)
      if (!next) throw new TypeError('a replica is needed')
      await next.stopReplicating()
      await endLast(scene)
      await constellation.closeInstances()
      await constellation.servers.cluster.promote(next)
      return openStore(constellation)
    },
  },
  {
    ...SHARED,
    name: 'every instance gone, then Redis killed and restarted, append-only file',
    setting: { kind: 'single', args: ['--appendonly', 'yes', '--appendfsync', 'always'] },
    takes: LAST,
    strike: async () => nothingToHeal,
    truth: restarted,
  },
  {
    ...SHARED,
    name: 'every instance gone, then Redis killed and restarted, RDB alone',
    losesLog: true,
    setting: { kind: 'single' },
    durability: 'never',
    takes: LAST,
    prepare: ({ constellation: { servers } }) =>
      onServer(servers.redis.port, async (redis) => void (await redis.save())),
    strike: async () => nothingToHeal,
    truth: restarted,
  },
]

async function restarted(scene: Scene): Promise<SessionStore> {
  const { constellation } = scene
  await endLast(scene)
  await constellation.closeInstances()
  await constellation.servers.redis.kill()
  await constellation.servers.redis.restart()
  return openStore(constellation)
}

async function endLast({ take, end }: Scene): Promise<void> {
  await Promise.all(Array.from({ length: LAST }, () => end(take())))
}

function openStore({ servers, secrets }: Constellation): Promise<SessionStore> {
  const { pepper, tokenKeys } = secrets
  return createSessionStore({ redisUrl: servers.url, name: 'afterwards', pepper, tokenKeys })
}
