import { mkdir } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of this user's for what may be made again: `~/.cache/portcullis`, or a temporary one without a home. */
export async function openCacheFolder(): Promise<string> {
  const home = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return openFolder(join(home, 'portcullis')).catch(() =>
    openFolder(join(tmpdir(), `portcullis-${process.getuid?.() ?? 'user'}`)),
  )
}

async function openFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}
