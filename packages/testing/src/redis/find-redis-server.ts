import { join } from 'node:path'
import { openCacheFolder } from '../cache-folder.ts'
import { TestingError } from '../errors.ts'
import { acquireLock } from '../exclusive-lock.ts'
import { compiledRedis, type RedisInstaller, systemPackages } from './installers.ts'
import { findOnPath, OLDEST_VERSION } from './redis-on-path.ts'

export interface RedisServerSearch {
  /** Folders to look in, separated as in PATH. Default the environment's PATH. */
  readonly path?: string
  /** `never` leaves the system's package manager alone. Default the environment's PORTCULLIS_INSTALL. */
  readonly install?: string
  /** Tried in this order when PATH has none. Default the system's package manager, then a compiled server. */
  readonly installers?: readonly RedisInstaller[]
  /** Told what is about to happen to the machine. Default one line on standard error. */
  readonly say?: (line: string) => void
  /** One process of a machine installs, the others wait for it. Milliseconds, default 600_000. */
  readonly lockTimeoutMs?: number
}

export interface RedisServerBinary {
  readonly command: string
  /** Where it comes from, for people. */
  readonly origin: string
}

/**
 * Finds a Redis or Valkey server, 7.0 or newer: on PATH, else by an installer. When several processes search on a
 * machine that has none, one installs and the others then find it.
 *
 * @throws {TestingError} `ERR_REDIS_NOT_FOUND`, `ERR_LOCK_TIMEOUT`
 */
export async function findRedisServer(search: RedisServerSearch = {}): Promise<RedisServerBinary> {
  const path = search.path ?? process.env['PATH'] ?? ''
  const found = await findOnPath(path)
  if (found !== null) return { command: found, origin: found }

  const say = search.say ?? ((line) => void process.stderr.write(`${line}\n`))
  using _ = await acquireLock(join(await openCacheFolder(), 'install-redis.lock'), {
    timeoutMs: search.lockTimeoutMs ?? 600_000,
    onWait: () => say('Another process is installing a Redis server; waiting for it.'),
  })
  const foundNow = await findOnPath(path)
  if (foundNow !== null) return { command: foundNow, origin: foundNow }
  // Awaited here, under the lock.
  return await install(search, path, say)
}

async function install(
  search: RedisServerSearch,
  path: string,
  say: (line: string) => void,
): Promise<RedisServerBinary> {
  const mayTouchSystem = (search.install ?? process.env['PORTCULLIS_INSTALL']) !== 'never'
  const failures: unknown[] = []
  for (const installer of search.installers ?? [systemPackages(), compiledRedis]) {
    if (installer.changesSystem && !mayTouchSystem) continue
    try {
      const command = await installer.install({ path, say })
      if (command !== null) return { command, origin: installer.name }
    } catch (error) {
      say(`${installer.name} did not give a Redis server: ${String(error)}`)
      failures.push(error)
    }
  }
  throw new TestingError('ERR_REDIS_NOT_FOUND', NOT_FOUND, { cause: new AggregateError(failures) })
}

const NOT_FOUND = `No Redis server was found. There are three ways to give one:
  1. set REDIS_URL to a server, ${OLDEST_VERSION} or newer with maxmemory-policy noeviction (dev only; tests start their own)
  2. install redis-server or valkey-server, ${OLDEST_VERSION} or newer, so that it is on the PATH
  3. let us install it: run as root on Debian or Ubuntu, or with Homebrew, and without PORTCULLIS_INSTALL=never`
