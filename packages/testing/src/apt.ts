import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, rm, writeFile } from 'node:fs/promises'

/** Runs a command to its end and rejects unless it exits with 0. */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
) => Promise<void>

export interface AptInstallOptions {
  readonly package: string
  /** The service that comes with it; it is not started, now or after the next boot. */
  readonly service: string
  readonly say: (line: string) => void
  readonly run?: CommandRunner
}

/** Installs a program of Debian's, as root. We want the program, not a server of the system's. */
export async function installWithApt(options: AptInstallOptions): Promise<void> {
  const { package: name, service, say, run = runCommand } = options
  say(`Installing ${name} with apt-get (PORTCULLIS_INSTALL=never prevents this).`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-q', '-o', 'DPkg::Lock::Timeout=120']
  // Lists that could not be renewed, because somebody else does so now or a mirror is away, may still be good enough.
  await run('apt-get', ['update', ...wait], env).catch((error: unknown) => say(String(error)))
  await using _ = await forbidServiceStart()
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...wait, name], env)
  await run('update-rc.d', [service, 'disable'], env).catch(() => {})
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
