import type { Tracer } from '@opentelemetry/api'
import { tracePool } from '@portcullis/runtime/tracing'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'

export type Database = NodePgDatabase & { $client: Pool }
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

/** Connections to one database. It connects when first used; `onError` hears of idle connections that broke. */
export function openDatabase(options: {
  url: string
  onError: (error: Error) => void
  /** Makes spans of statements that are run for a request. Default nobody. */
  tracer?: Tracer | undefined
}): Database {
  const pool = new Pool({
    connectionString: options.url,
    application_name: 'orders',
    max: 10,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  })
  if (options.tracer) tracePool(pool, options.tracer)
  pool.on('error', options.onError)
  return drizzle(pool, { casing: 'snake_case' })
}
