import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestingError } from '../errors.ts'
import { findFreePort } from '../network/free-port.ts'
import { type StartedProcess, startProcess } from '../process/start-process.ts'
import { clockAhead } from './clock-ahead.ts'
import { findRedisServer, type RedisServerSearch } from './find-redis-server.ts'

export interface RedisOptions {
  /** Further arguments, `['--maxmemory', '50mb']`; a configuration file's path comes first. They win over ours. */
  readonly args?: readonly string[]
  /** Where it keeps its files. Default a temporary folder, removed at the end. */
  readonly folder?: string
  /** Default a free one. */
  readonly port?: number
  readonly search?: RedisServerSearch
  /** How far its wall clock is ahead of this machine's, in milliseconds. Default 0; else Linux and a C compiler are needed. */
  readonly clockAheadMs?: number
}

export interface RedisServer extends AsyncDisposable {
  /** `redis://127.0.0.1:<port>`; stays the same over restarts. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** SIGTERM: writes what its configuration asks for, closes connections, exits. */
  stop(): Promise<void>
  /** SIGKILL: a crash. */
  kill(): Promise<void>
  /** Stops it if it runs, and starts it on the same port and folder. Without an append-only file it comes back empty. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void
  /** SIGCONT */
  resume(): void
}

/** Nothing is persisted and nothing evicted, unless `args` say so. */
const DEFAULTS = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']
const PORT_ATTEMPTS = 5

/**
 * A Redis server of its own, reachable from this machine only. It ends with disposal or with this process.
 *
 * @throws {TestingError} `ERR_REDIS_NOT_FOUND`, `ERR_NO_COMPILER` and what `startProcess` throws.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { command } = await findRedisServer(options.search)
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'portcullis-redis-')))
  const env = options.clockAheadMs ? await clockAhead(options.clockAheadMs) : {}
  const place = { command, folder, env }
  const launch = (port: number) => startServer(place, port, options.args ?? [])
  const first = await startOnFreePort(options.port, launch)
  const { port } = first
  let server = first.server

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid
    },
    stop: async () => void (await server.stop()),
    kill: async () => void (await kill(server)),
    async restart() {
      await server.stop()
      server = await launch(port)
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async [Symbol.asyncDispose]() {
      if (options.folder !== undefined) return void (await server.stop())
      await kill(server)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Place {
  readonly command: string
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

function startServer(
  { command, folder, env }: Place,
  port: number,
  args: readonly string[],
): Promise<StartedProcess> {
  const [first, ...rest] = args
  const [file, further] = first?.startsWith('--') === false ? [[first], rest] : [[], args]
  const defaults = file.length === 0 ? DEFAULTS : []
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  return startProcess({
    command,
    env,
    args: [...file, ...defaults, ...place, '--daemonize', 'no', '--logfile', '', ...further],
    readyLine: /Ready to accept connections/,
  })
}

async function startOnFreePort(
  wanted: number | undefined,
  launch: (port: number) => Promise<StartedProcess>,
): Promise<{ port: number; server: StartedProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await findFreePort())
    try {
      return { port, server: await launch(port) }
    } catch (error) {
      // Somebody else was faster to bind the port.
      const isLost =
        error instanceof TestingError && error.message.includes('Address already in use')
      if (!isLost || wanted !== undefined || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function kill(server: StartedProcess): Promise<void> {
  server.signal('SIGKILL')
  await server.exited
}
