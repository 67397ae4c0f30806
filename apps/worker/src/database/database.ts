import type { Logger } from '@portcullis/runtime'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { migrate } from './migrate.ts'

export type Database = NodePgDatabase & { $client: Pool }
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

/** Connections to the worker's database. It connects when first used. */
export function openDatabase(options: { url: string; logger: Logger }): Database & AsyncDisposable {
  const pool = new Pool({
    connectionString: options.url,
    application_name: 'worker',
    max: 5,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  })
  pool.on('error', (err) => options.logger.warn({ err }, 'a connection to the database broke'))
  const database = drizzle(pool, { casing: 'snake_case' })
  return Object.assign(database, { [Symbol.asyncDispose]: () => pool.end() })
}

/** The same with its tables up to date. @throws when it cannot be reached, or they are not and this role may not change them. */
export async function openMigrated(options: { url: string; logger: Logger }) {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(openDatabase(options))
  await migrate(database)
  opened.move()
  return database
}
