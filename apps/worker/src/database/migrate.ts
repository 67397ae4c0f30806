import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import type { Database, Transaction } from './database.ts'

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Any number that nobody else locks in this database. */
const LOCK = 7_024_909

/**
 * Brings the schemas of the worker up to date, or leaves them as they were. Instances start at the same moment, and Drizzle's own
 * runner looks at what is there before its transaction, so here all of it is one transaction.
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER })
  await database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`)
    const newest = await readNewest(tx)
    for (const migration of migrations) {
      if (migration.folderMillis > newest) await apply(tx, migration)
    }
  })
}

/** When the newest applied migration was written, ms since 1970; 0 if there is none. */
async function readNewest(tx: Transaction): Promise<number> {
  await tx.execute(sql`create schema if not exists audit`)
  await tx.execute(sql`create table if not exists audit.migrations (written_at bigint primary key)`)
  const { rows } = await tx.execute<{ newest: string }>(
    sql`select coalesce(max(written_at), 0) as newest from audit.migrations`,
  )
  return Number(rows[0]?.newest)
}

async function apply(tx: Transaction, migration: MigrationMeta): Promise<void> {
  for (const statement of migration.sql) await tx.execute(sql.raw(statement))
  await tx.execute(sql`insert into audit.migrations values (${migration.folderMillis})`)
}
