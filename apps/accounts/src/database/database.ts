import type { Tracer } from '@opentelemetry/api'
import { tracePool } from '@portcullis/runtime/tracing'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool, type PoolClient } from 'pg'
import { toDriverFailure } from './database-failure.ts'
import * as schema from './schema.ts'

/** Runs statements: the database itself (each on any connection), or one transaction. */
export type Statements = NodePgDatabase<typeof schema>

export interface Database extends AsyncDisposable {
  readonly statements: Statements
  /**
   * Commits when `work` resolves, rolls back when it rejects. Do no network call inside: it would hold row locks.
   *
   * @throws {AccountsError} `ERR_DATABASE_UNAVAILABLE`
   */
  transaction<Result>(work: (tx: Statements) => Promise<Result>): Promise<Result>
}

export interface DatabaseOptions {
  url: string
  /** Called for an idle connection that broke; the pool replaces it by itself. */
  onConnectionError: (error: Error) => void
  /** Makes spans of statements that are run for a request. Default nobody. */
  tracer?: Tracer | undefined
  /** Connections at most. Positive integer. Default 10. */
  poolSize?: number
  /** How long to wait for a connection, ms. Default 5000. */
  connectTimeoutMs?: number
  /** How long one statement may take, ms. Default 10_000. */
  statementTimeoutMs?: number
}

/** A pool of Postgres connections. Connects on first use. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    query_timeout: options.statementTimeoutMs ?? 10_000,
    application_name: 'accounts',
  })
  if (options.tracer) tracePool(pool, options.tracer)
  pool.on('error', options.onConnectionError)
  return {
    statements: drizzle(pool, { schema }),
    transaction: (work) => withTransaction(pool, work),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

async function withTransaction<Result>(
  pool: Pool,
  work: (tx: Statements) => Promise<Result>,
): Promise<Result> {
  const client = await orUnavailable(pool.connect())
  try {
    await orUnavailable(client.query('begin'))
    const result = await work(drizzle(client, { schema }))
    await orUnavailable(client.query('commit'))
    client.release()
    return result
  } catch (error) {
    await rollBack(client)
    throw error
  }
}

function orUnavailable<Result>(step: Promise<Result>): Promise<Result> {
  return step.catch((error: unknown) => Promise.reject(toDriverFailure(error)))
}

// A connection that cannot roll back is destroyed, never returned: the next borrower would inherit its transaction.
async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query('rollback')
    client.release()
  } catch (error) {
    client.release(error instanceof Error ? error : true)
  }
}
