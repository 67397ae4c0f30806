import { readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createKeyspace } from '@portcullis/redis'
import { onServer, type Servers } from '../constellation/servers.ts'
import { type Heal, nothingToHeal, type Row, type Scene } from './row.ts'

const SINGLE = { kind: 'single' } as const
const APPENDS = {
  kind: 'single',
  args: ['--appendonly', 'yes', '--appendfsync', 'always'],
} as const
const SHARED = { budget: 'within', trials: 20, leaseMs: 400, setting: SINGLE } as const
const CHANGED = { ...SHARED, changesHistory: true, holdMs: 0 } as const
const keys = createKeyspace()
const LOST_BYTES = 8_000
const OLD_ENOUGH_MS = 500

/** What happens to one server and to what it holds. */
export const serverRows: readonly Row[] = [
  { ...SHARED, name: 'Redis frozen for a second', holdMs: 1_000, strike: freeze },
  { ...SHARED, name: 'Redis frozen for 10 s', trials: 5, holdMs: 10_000, strike: freeze },
  {
    ...CHANGED,
    name: 'FLUSHALL',
    losesSessions: true,
    losesLog: true,
    strike: (scene) => command(scene, 'FLUSHALL'),
  },
  {
    ...CHANGED,
    name: 'log deleted',
    losesLog: true,
    strike: (scene) => command(scene, 'DEL', keys.log),
  },
  { ...CHANGED, name: 'head deleted', strike: (scene) => command(scene, 'DEL', keys.head) },
  { ...CHANGED, name: 'epoch deleted', strike: (scene) => command(scene, 'DEL', keys.epoch) },
  {
    ...SHARED,
    name: 'log trimmed to nothing, again and again',
    losesLog: true,
    async strike({ constellation: { servers } }) {
      const trim = () =>
        onServer(servers.redis.port, (redis) => redis.call('XTRIM', keys.log, 'MAXLEN', 0))
      const timer = setInterval(() => trim().catch(ignoreBusy), 20)
      return async () => clearInterval(timer)
    },
  },
  {
    ...CHANGED,
    name: 'Redis killed and restarted, append-only file',
    setting: APPENDS,
    strike: (scene) => restart(scene),
  },
  {
    ...CHANGED,
    name: 'Redis killed and restarted, append-only file flushed each second',
    losesLog: true,
    setting: { kind: 'single', args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] },
    durability: 'never',
    strike: (scene) => restart(scene),
  },
  {
    ...CHANGED,
    name: 'Redis killed and restarted, append-only file truncated',
    losesLog: true,
    setting: APPENDS,
    // Fences write on meanwhile: what is lost then is younger than the sign-ins.
    prepare: () => pause(OLD_ENOUGH_MS),
    strike: (scene) =>
      restart(scene, () =>
        truncateLog(scene.constellation.servers, 1 + Math.floor(scene.random() * LOST_BYTES)),
      ),
  },
  {
    ...CHANGED,
    name: 'Redis killed and restarted, nothing persisted',
    losesSessions: true,
    losesLog: true,
    strike: (scene) => restart(scene),
  },
  {
    ...CHANGED,
    name: 'Redis killed and restarted, RDB alone, older than revocations',
    losesLog: true,
    durability: 'never',
    prepare: async ({ constellation: { servers } }) => {
      await onServer(servers.redis.port, (redis) => redis.save())
    },
    strike: (scene) => restart(scene),
  },
  {
    ...SHARED,
    name: 'memory full',
    async strike({ constellation: { servers } }) {
      const limit = (bytes: number) =>
        onServer(servers.redis.port, (redis) => redis.config('SET', 'maxmemory', bytes))
      await limit(1_000_000)
      return async () => void (await limit(0))
    },
  },
]

async function freeze({ constellation: { servers } }: Scene): Promise<Heal> {
  servers.redis.pause()
  return async () => servers.redis.resume()
}

async function command({ constellation: { servers } }: Scene, name: string, ...args: string[]) {
  await onServer(servers.redis.port, (redis) => redis.call(name, ...args))
  return nothingToHeal
}

async function restart(
  { constellation: { servers } }: Scene,
  whileDown = async () => {},
): Promise<Heal> {
  await servers.redis.kill()
  await whileDown()
  await servers.redis.restart()
  return nothingToHeal
}

/** Cuts bytes off the end of the append-only file. */
async function truncateLog({ folder }: Servers, bytes: number): Promise<void> {
  const files = await readdir(join(folder, 'appendonlydir'))
  const name = files
    .filter((file) => file.endsWith('.incr.aof'))
    .sort()
    .at(-1)
  if (!name) throw new Error('there is no append-only file')
  const path = join(folder, 'appendonlydir', name)
  const { size } = await stat(path)
  await truncate(path, Math.max(0, size - bytes))
}

function ignoreBusy(): void {}
