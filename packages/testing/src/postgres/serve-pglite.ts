import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { acquireLock } from '../exclusive-lock.ts'
import { readNewCluster } from './new-cluster.ts'
import { keepBatchesWhole } from './whole-batches.ts'

/** The process behind an embedded Postgres: `node serve-pglite.ts --port 5432 [--folder <data>] [--folder-timeout-ms 0]`. */

const MAX_CONNECTIONS = 100

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    folder: { type: 'string' },
    'folder-timeout-ms': { type: 'string', default: '0' },
  },
})

if (values.folder !== undefined) {
  await mkdir(dirname(values.folder), { recursive: true })
  // Two processes on one folder lose rows without an error. Held until this process ends.
  await acquireLock(`${values.folder}.lock`, { timeoutMs: Number(values['folder-timeout-ms']) })
}

const database = await openDatabase(values.folder)
const server = new PGLiteSocketServer({
  db: keepBatchesWhole(database),
  host: '127.0.0.1',
  port: Number(values.port),
  maxConnections: MAX_CONNECTIONS,
})
await server.start()
process.stdout.write('Ready to accept connections\n')

process.once('SIGTERM', async () => {
  await server.stop()
  await database.close()
  process.exit(0)
})

async function openDatabase(folder: string | undefined): Promise<PGlite> {
  if (folder === undefined) return PGlite.create({ loadDataDir: await readNewCluster() })
  const isNew = !existsSync(join(folder, 'PG_VERSION'))
  return PGlite.create(folder, isNew ? { loadDataDir: await readNewCluster() } : {})
}
