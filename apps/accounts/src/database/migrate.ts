import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import type { Database, Statements } from './database.ts'

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Any number that nobody else on this database uses. */
const LOCK = 7_024_901

/**
 * Brings the schema `accounts` up to date, all or nothing. Several processes may start at once: Drizzle's own runner
 * reads what is applied outside its transaction, so two of them would both create the first table.
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER })
  await database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`)
    const appliedUntil = await prepareHistory(tx)
    for (const migration of migrations) {
      if (migration.folderMillis > appliedUntil) await apply(tx, migration)
    }
  })
}

/** When the newest applied migration was written, ms since 1970; 0 on an empty database. */
async function prepareHistory(tx: Statements): Promise<number> {
  await tx.execute(sql`create schema if not exists accounts`)
  await tx.execute(sql`create table if not exists accounts.migrations
    (written_at bigint primary key, hash text not null)`)
  const { rows } = await tx.execute<{ newest: string | null }>(
    sql`select max(written_at)::text as newest from accounts.migrations`,
  )
  return Number(rows[0]?.newest ?? 0)
}

async function apply(tx: Statements, migration: MigrationMeta): Promise<void> {
  for (const statement of migration.sql) await tx.execute(sql.raw(statement))
  await tx.execute(
    sql`insert into accounts.migrations values (${migration.folderMillis}, ${migration.hash})`,
  )
}
