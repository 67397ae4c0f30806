import { openAsBlob } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { openCacheFolder } from '../cache-folder.ts'
import { acquireLock } from '../exclusive-lock.ts'

const LOCK_TIMEOUT_MS = 120_000

/**
 * The files of a new, empty cluster. PGlite takes four seconds of a processor to make them and one to read them, so they
 * are made once for each of its versions and kept in the cache folder (40 MB).
 */
export async function readNewCluster(): Promise<Blob> {
  const folder = await openCacheFolder()
  const file = join(folder, `postgres-${await versionOfPglite()}.tar`)
  const found = await open(file)
  if (found !== null) return found
  using _ = await acquireLock(`${file}.lock`, { timeoutMs: LOCK_TIMEOUT_MS })
  return (await open(file)) ?? (await make(file))
}

async function open(file: string): Promise<Blob | null> {
  try {
    return await openAsBlob(file)
  } catch {
    return null
  }
}

async function make(file: string): Promise<Blob> {
  const database = await PGlite.create()
  const cluster = await database.dumpDataDir('none')
  await database.close()
  // Whoever reads it without the lock finds all of it or nothing.
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, cluster.stream())
  await rename(unfinished, file)
  return cluster
}

async function versionOfPglite(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'))
  const { version } = JSON.parse(await readFile(manifest, 'utf8'))
  return String(version)
}
