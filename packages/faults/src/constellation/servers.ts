import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type RedisServer,
  type SentinelRedis,
  startRedis,
  startSentinelRedis,
} from '@portcullis/testing'
import { Redis } from 'ioredis'

/** What the installation runs on. */
export type Setting =
  | { readonly kind: 'single'; readonly args?: readonly string[] }
  /** A primary and two replicas; a failover is what the harness does, at once. */
  | {
      readonly kind: 'replicated'
      readonly args?: readonly string[]
      /** How far the first replica's wall clock is ahead, in milliseconds. */
      readonly replicaAheadMs?: number
    }
  /** The same, watched by three sentinels. */
  | {
      readonly kind: 'sentinel'
      readonly args?: readonly string[]
      readonly downAfterMs?: number
    }

export interface Servers extends AsyncDisposable {
  /** What instances are configured with. */
  readonly url: string
  readonly replicas: number
  /** Of a single server. */
  readonly redis: RedisServer
  /** Of a single server: where it keeps its files. */
  readonly folder: string
  /** Of the others. */
  readonly cluster: SentinelRedis
  /** Port of the server that is the primary now. */
  primaryPort(): Promise<number>
}

export async function startServers(setting: Setting): Promise<Servers> {
  return setting.kind === 'single' ? startSingle(setting) : startReplicated(setting)
}

async function startSingle({ args = [] }: Setting): Promise<Servers> {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-faults-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const redis = await startRedis({ folder, args })
  started.defer(async () => {
    redis.resume()
    await redis.kill()
  })
  const owned = started.move()
  return {
    url: redis.url,
    replicas: 0,
    redis,
    folder,
    get cluster(): SentinelRedis {
      throw new TypeError('there is one server')
    },
    primaryPort: async () => redis.port,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function startReplicated(setting: Exclude<Setting, { kind: 'single' }>): Promise<Servers> {
  const { args = [] } = setting
  const watched =
    setting.kind === 'sentinel'
      ? { downAfterMs: setting.downAfterMs ?? 1_000 }
      : { sentinels: 0, ...optional(setting) }
  const cluster = await startSentinelRedis({ replicas: 2, args, ...watched })
  return {
    url: cluster.url,
    replicas: 2,
    cluster,
    get redis(): RedisServer {
      throw new TypeError('there are several servers')
    },
    get folder(): string {
      throw new TypeError('there are several servers')
    },
    primaryPort: async () => (await cluster.primary()).port,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

function optional({ replicaAheadMs }: Extract<Setting, { kind: 'replicated' }>) {
  return replicaAheadMs === undefined ? {} : { replicaAheadMs }
}

/** A connection of the operator's. */
export async function openOperator(port: number): Promise<Redis> {
  const redis = new Redis({ port, host: '127.0.0.1', commandTimeout: 5_000, lazyConnect: true })
  redis.on('error', leaveToCommands)
  await redis.connect()
  return redis
}

/** Lets the operator do one thing on a server. */
export async function onServer<Value>(
  port: number,
  act: (redis: Redis) => Promise<Value>,
): Promise<Value> {
  const redis = await openOperator(port)
  try {
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}

function leaveToCommands(): void {}
