import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** What the scripts and commands of the constellation need. */
export const OLDEST_VERSION = '7.0'

const NAMES = ['redis-server', 'valkey-server']

/** The first Redis or Valkey server on `path` that is new enough, or null. */
export async function findOnPath(path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    for (const name of NAMES) {
      const command = join(folder, name)
      if ((await isExecutable(command)) && (await isNewEnough(command))) return command
    }
  }
  return null
}

/** The first file of that name on `path` that may be executed, or null. */
export async function findCommand(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const command = join(folder, name)
    if (await isExecutable(command)) return command
  }
  return null
}

async function isExecutable(command: string): Promise<boolean> {
  return access(command, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** `Redis server v=7.0.15 sha=...` or `Valkey server v=8.1.1 sha=...`; Valkey began at 7.2. */
async function isNewEnough(command: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(command, ['--version']).catch(() => ({ stdout: '' }))
  const major = /v=(\d+)\./.exec(stdout)?.[1]
  return major !== undefined && Number(major) >= Number.parseFloat(OLDEST_VERSION)
}
