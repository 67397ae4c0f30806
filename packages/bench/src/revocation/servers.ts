import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'

/** One installation of Redis. */
export interface ServerKind {
  readonly name: string
  /** When a write is on the disk: each second, or before it is answered. */
  readonly flushed: 'everysec' | 'always'
  readonly replicas: number
  /** Whether a change can be durable there, so that it makes sense to wait for it. */
  readonly isDurable: boolean
  /** Of the plan's sizes; all of them if left out. */
  readonly sizes?: readonly number[]
}

/** As infra/redis/redis.conf has it, then with what makes a change durable: flushing, and replicas. */
export const SERVERS: readonly [ServerKind, ...ServerKind[]] = [
  { name: 'flushed each second', flushed: 'everysec', replicas: 0, isDurable: false },
  { name: 'flushed always', flushed: 'always', replicas: 0, isDurable: true },
  {
    name: 'flushed always, 2 replicas',
    flushed: 'always',
    replicas: 2,
    isDurable: true,
    sizes: [10, 100],
  },
]

export interface StartedServer extends AsyncDisposable {
  readonly url: string
}

export async function startServer({ flushed, replicas }: ServerKind): Promise<StartedServer> {
  await using held = new AsyncDisposableStack()
  const args = ['--appendonly', 'yes', '--appendfsync', flushed]
  const { url, port } = held.use(await startRedis({ args }))
  for (let replica = 0; replica < replicas; replica += 1) {
    held.use(await startRedis({ args: [...args, '--replicaof', '127.0.0.1', String(port)] }))
  }
  await declareNewInstallation({ redisUrl: url })
  const owned = held.move()
  return { url, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
