import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import type { Database, Transaction } from './database.ts'

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Any number that nobody else locks in this database. */
const LOCK = 7_024_909

/**
 * Brings the schemas of the worker up to date, or leaves them as they were. It only reads if they are: then whoever starts a
 * worker needs no right to create anything. Instances start at the same moment, and Drizzle's own
 * runner looks at what is there before its transaction, so here all of it is one transaction.
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER })
  const newerThan = (newest: number) =>
    migrations.filter(({ folderMillis }) => folderMillis > newest)
  if (newerThan(await readNewest(database)).length === 0) return
  await database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`)
    await createList(tx)
    for (const migration of newerThan(await readNewest(tx))) await apply(tx, migration)
  })
}

/** When the newest applied migration was written, ms since 1970; 0 if there is none. */
async function readNewest(database: Pick<Database, 'execute'>): Promise<number> {
  const { rows: found } = await database.execute<{ list: string | null }>(
    sql`select to_regclass('audit.migrations')::text as list`,
  )
  if (!found[0]?.list) return 0
  const { rows } = await database.execute<{ newest: string }>(
    sql`select coalesce(max(written_at), 0) as newest from audit.migrations`,
  )
  return Number(rows[0]?.newest)
}

async function createList(tx: Transaction): Promise<void> {
  await tx.execute(sql`create schema if not exists audit`)
  await tx.execute(sql`create table if not exists audit.migrations (written_at bigint primary key)`)
}

async function apply(tx: Transaction, migration: MigrationMeta): Promise<void> {
  for (const statement of migration.sql) await tx.execute(sql.raw(statement))
  await tx.execute(sql`insert into audit.migrations values (${migration.folderMillis})`)
}
