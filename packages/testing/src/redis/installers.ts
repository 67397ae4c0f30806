import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, rm, writeFile } from 'node:fs/promises'
import { findCommand, findOnPath } from './redis-on-path.ts'

interface InstallContext {
  readonly path: string
  readonly say: (line: string) => void
}

/** A way to get a Redis server that the machine does not have yet. */
export interface RedisInstaller {
  readonly name: string
  /** True if it installs for the whole system; refused by PORTCULLIS_INSTALL=never. */
  readonly changesSystem: boolean
  /** The installed server's path; null if this way is not open here. */
  install(context: InstallContext): Promise<string | null>
}

/** apt as root, else Homebrew: the package managers that need no question. */
export function systemPackages(
  run: CommandRunner = runCommand,
  isRoot = process.getuid?.() === 0,
): RedisInstaller {
  return {
    name: 'the package manager',
    changesSystem: true,
    async install({ path, say }) {
      if (isRoot && (await findCommand('apt-get', path))) await installWithApt(run, say)
      else if (await findCommand('brew', path)) await installWithBrew(run, say)
      else return null
      return findOnPath(path)
    },
  }
}

/** `redis-memory-server`: downloads the source and compiles it beside the dependencies. Needs make and a compiler. */
export const compiledRedis: RedisInstaller = {
  name: 'redis-memory-server',
  changesSystem: false,
  async install({ path, say }) {
    if (!(await findCommand('make', path))) return null
    say('Compiling a Redis server with redis-memory-server; this takes some minutes, once.')
    const { default: module } = await import('redis-memory-server/lib/util/RedisBinary.js')
    return module.default.getPath()
  },
}

/** Runs a command to its end and rejects unless it exits with 0. */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
) => Promise<void>

async function installWithApt(run: CommandRunner, say: (line: string) => void): Promise<void> {
  say('Installing redis-server with apt-get (PORTCULLIS_INSTALL=never prevents this).')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-q', '-o', 'DPkg::Lock::Timeout=120']
  // Lists that could not be renewed, because somebody else does so now or a mirror is away, may still be good enough.
  await run('apt-get', ['update', ...wait], env).catch((error: unknown) => say(String(error)))
  await using _ = await forbidServiceStart()
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...wait, 'redis-server'], env)
  // We want the program, not a server of the system's, now or after the next boot.
  await run('update-rc.d', ['redis-server', 'disable'], env).catch(() => {})
}

async function installWithBrew(run: CommandRunner, say: (line: string) => void): Promise<void> {
  say('Installing redis with Homebrew (PORTCULLIS_INSTALL=never prevents this).')
  await run('brew', ['install', 'redis'], { ...process.env, NONINTERACTIVE: '1' })
}

const POLICY_FILE = '/usr/sbin/policy-rc.d'

/** Debian asks this file whether a package may start its service; containers often have one that says no already. */
async function forbidServiceStart(): Promise<AsyncDisposable> {
  const isThere = await access(POLICY_FILE).then(
    () => true,
    () => false,
  )
  if (!isThere) await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  return { [Symbol.asyncDispose]: async () => (isThere ? undefined : rm(POLICY_FILE)) }
}

export async function runCommand(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  // What the package manager writes belongs to people, not to a program that reads our standard output.
  const child = spawn(command, args, { env, stdio: ['ignore', process.stderr, process.stderr] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${code}`)
}
