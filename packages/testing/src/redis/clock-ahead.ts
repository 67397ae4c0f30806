import { createHash } from 'node:crypto'
import { access, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../apt.ts'
import { openCacheFolder } from '../cache-folder.ts'
import { TestingError } from '../errors.ts'
import { findCommand } from './redis-on-path.ts'

const SOURCE = fileURLToPath(new URL('./clock-ahead.c', import.meta.url))
const MISSING = `A server whose clock is ahead needs Linux and a C compiler. There are two ways to give it one:
  1. install gcc so that it is on the PATH (Debian, Ubuntu: apt-get install gcc libc6-dev)
  2. let us install it: run as root on Debian or Ubuntu, without PORTCULLIS_INSTALL=never`

/**
 * Environment of a program whose wall clock is ahead, and whose monotonic clock is everybody's.
 *
 * @throws {TestingError} `ERR_NO_COMPILER`
 */
export async function clockAhead(aheadMs: number): Promise<NodeJS.ProcessEnv> {
  return { LD_PRELOAD: await compiledShim(), CLOCK_AHEAD_MS: String(aheadMs) }
}

/** Compiled once for each version of its source. */
async function compiledShim(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(SOURCE))
    .digest('hex')
  const file = join(await openCacheFolder(), `clock-ahead-${hash.slice(0, 12)}.so`)
  if (await isThere(file)) return file
  if (process.platform !== 'linux') throw new TestingError('ERR_NO_COMPILER', MISSING)
  const unfinished = `${file}.${process.pid}`
  const compiler = await findCompiler()
  await runCommand(compiler, ['-shared', '-fPIC', '-O2', '-o', unfinished, SOURCE], process.env)
  await rename(unfinished, file)
  return file
}

async function findCompiler(): Promise<string> {
  const path = process.env['PATH'] ?? ''
  const find = async () => (await findCommand('cc', path)) ?? (await findCommand('gcc', path))
  const found = await find()
  if (found) return found
  const mayInstall = process.env['PORTCULLIS_INSTALL'] !== 'never' && process.getuid?.() === 0
  if (!mayInstall || !(await findCommand('apt-get', path))) {
    throw new TestingError('ERR_NO_COMPILER', MISSING)
  }
  process.stderr.write('Installing gcc with apt-get (PORTCULLIS_INSTALL=never prevents this).\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120']
  await runCommand('apt-get', ['install', ...options, 'gcc', 'libc6-dev'], env)
  const installed = await find()
  if (!installed) throw new TestingError('ERR_NO_COMPILER', MISSING)
  return installed
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
