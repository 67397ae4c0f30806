import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RedisServerSearch } from '../find-redis-server.ts'
import { type RedisServer, startRedis } from '../start-redis.ts'
import { ask, parseInfo, type RedisCommand } from './ask.ts'

export type RedisNodeRole = 'primary' | 'replica'

/** A Redis server that is primary or replica, and may become the other. */
export interface RedisNode extends RedisServer {
  /** What the server believes of itself, which a deposed primary does wrongly. Rejects while it is frozen or gone. */
  role(): Promise<RedisNodeRole>
  /** Bytes of history it has: the primary's own, or a replica's share of it. */
  offset(): Promise<number>
  /** One command over a connection of its own. */
  ask(...command: RedisCommand): Promise<unknown>
  /** Follows another, or with `null` becomes a primary. Sentinels undo what they did not decide. */
  follow(primary: { readonly port: number } | null): Promise<void>
  /**
   * From here on this replica gets nothing more of what its primary writes, and comes to lack the tail. To Sentinel it
   * looks like a replica whose link is down, which may still be promoted within ten times `downAfterMs`.
   */
  stopReplicating(): Promise<void>
  startReplicating(): Promise<void>
}

export interface RedisNodeOptions {
  readonly folder: string
  readonly args: readonly string[]
  readonly follows?: number | undefined
  readonly search?: RedisServerSearch | undefined
  readonly clockAheadMs?: number | undefined
}

/** It has a configuration file, so that a restart brings it back in the role it last had. */
export async function startRedisNode(options: RedisNodeOptions): Promise<RedisNode> {
  const { folder, args, follows, search, clockAheadMs = 0 } = options
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'redis.conf')
  await writeFile(file, configuration(follows))
  const server = await startRedis({
    folder,
    clockAheadMs,
    args: [file, ...args],
    ...(search && { search }),
  })
  return Object.assign(server, controlsOf(server.port))
}

function configuration(follows: number | undefined): string {
  const lines = [
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    // A primary that ends would wait for replicas that lag, up to ten seconds.
    'shutdown-timeout 0',
  ]
  if (follows !== undefined) lines.push(`replicaof 127.0.0.1 ${follows}`)
  return `${lines.join('\n')}\n`
}

type Controls = Omit<RedisNode, keyof RedisServer>

function controlsOf(port: number): Controls {
  const send = (...command: RedisCommand) => ask(port, command)
  const replication = async () => parseInfo(await send('INFO', 'replication'))
  // A wrong password keeps the link down and leaves the replica's configured primary as it is.
  const authenticateAs = (user: string, password: string) =>
    send('CONFIG', 'SET', 'masteruser', user, 'masterauth', password)
  return {
    ask: send,
    role: async () => ((await replication())['role'] === 'master' ? 'primary' : 'replica'),
    async offset() {
      const { role, master_repl_offset: own, slave_repl_offset: share } = await replication()
      return Number(role === 'master' ? own : share)
    },
    async follow(primary) {
      await send('REPLICAOF', primary ? '127.0.0.1' : 'NO', primary?.port ?? 'ONE')
    },
    async stopReplicating() {
      await authenticateAs('nobody', 'wrong')
      await send('CLIENT', 'KILL', 'TYPE', 'master')
    },
    async startReplicating() {
      await authenticateAs('', '')
    },
  }
}
