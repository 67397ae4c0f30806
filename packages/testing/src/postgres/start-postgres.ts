import { fileURLToPath } from 'node:url'
import { findFreePort } from '../network/free-port.ts'
import { startProcess } from '../process/start-process.ts'
import { createDatabase } from './create-database.ts'

export interface PostgresOptions {
  /** Where to keep the data; the server creates it. Default in memory. Only for the embedded server. */
  readonly folder?: string
  /** How long to wait for another process to leave that folder. Milliseconds, default 10_000. */
  readonly folderTimeoutMs?: number
  /** Of the embedded server. Default a free one. */
  readonly port?: number
  /** A server to use in place of the embedded one. Default the environment's DATABASE_URL. */
  readonly databaseUrl?: string | undefined
}

export interface PostgresServer extends AsyncDisposable {
  /** For `pg`. */
  readonly url: string
}

const SERVE_PGLITE = fileURLToPath(new URL('./serve-pglite.ts', import.meta.url))

/**
 * A Postgres database of its own. With DATABASE_URL it is a new one on that server, dropped at the end. Else it is an
 * embedded server, PGlite in a process of its own, which ends with disposal or with this process.
 *
 * The embedded server has one session that all its connections share, transaction by transaction: what SET, LISTEN,
 * PREPARE or a temporary table leave behind is seen by everybody, and concurrent transactions run one after another.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const databaseUrl = 'databaseUrl' in options ? options.databaseUrl : process.env['DATABASE_URL']
  return databaseUrl ? createDatabase(databaseUrl) : startEmbedded(options)
}

async function startEmbedded(options: PostgresOptions): Promise<PostgresServer> {
  const port = options.port ?? (await findFreePort())
  const server = await startProcess({
    command: process.execPath,
    args: [SERVE_PGLITE, '--port', String(port), ...folderArguments(options)],
    readyLine: /Ready to accept connections/,
  })
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    [Symbol.asyncDispose]: async () => void (await server.stop()),
  }
}

function folderArguments({ folder, folderTimeoutMs = 10_000 }: PostgresOptions): string[] {
  if (folder === undefined) return []
  return ['--folder', folder, '--folder-timeout-ms', String(folderTimeoutMs)]
}
