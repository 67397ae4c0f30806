import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const PROGRAMS = ['spin', 'gcc'] as const

const MISSING = `The models are checked with spin and gcc, which were not found. There are two ways to give them:
  1. install both so that they are on the PATH (Debian, Ubuntu: apt-get install spin gcc libc6-dev; macOS: brew install spin gcc)
  2. let us install them: run as root on Debian or Ubuntu, without PORTCULLIS_INSTALL=never`

/** Makes sure that spin and gcc are on the PATH; installs them where the package manager needs no question. */
export async function prepareToolchain(say: (line: string) => void): Promise<void> {
  if (await hasAll(PROGRAMS)) return
  const mayInstall = process.env['PORTCULLIS_INSTALL'] !== 'never' && process.getuid?.() === 0
  if (!mayInstall || !(await hasAll(['apt-get']))) throw new Error(MISSING)
  say('Installing spin and gcc with apt-get (PORTCULLIS_INSTALL=never prevents this).')
  const wait = ['-q', '-o', 'DPkg::Lock::Timeout=120']
  // Lists that could not be renewed may still be good enough.
  await runApt(['update', ...wait]).catch((error: unknown) => say(String(error)))
  await runApt(['install', '-y', '--no-install-recommends', ...wait, 'spin', 'gcc', 'libc6-dev'])
  if (!(await hasAll(PROGRAMS))) throw new Error(MISSING)
}

async function hasAll(programs: readonly string[]): Promise<boolean> {
  const found = await Promise.all(programs.map(isOnPath))
  return found.every(Boolean)
}

async function isOnPath(program: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const tries = folders.map((folder) => access(join(folder, program), constants.X_OK))
  return Promise.any(tries).then(
    () => true,
    () => false,
  )
}

async function runApt(args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = spawn('apt-get', args, { env, stdio: ['ignore', process.stderr, process.stderr] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`apt-get ${args.join(' ')} exited with ${code}`)
}
