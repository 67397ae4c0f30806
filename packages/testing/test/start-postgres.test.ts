import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { startPostgres } from '../src/index.ts'

const embedded = { databaseUrl: undefined }

async function usePool<Result>(url: string, work: (pool: pg.Pool) => Promise<Result>) {
  const pool = new pg.Pool({ connectionString: url, max: 8 })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

async function transfer(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rows } = await client.query('SELECT n FROM counter FOR UPDATE')
    await client.query('UPDATE counter SET n = $1', [rows[0].n + 1])
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}

test('concurrent transactions over several connections lose nothing', async () => {
  await using postgres = await startPostgres(embedded)
  const total = await usePool(postgres.url, async (pool) => {
    await pool.query('CREATE TABLE counter (n int NOT NULL)')
    await pool.query('INSERT INTO counter VALUES (0)')
    await Promise.all(Array.from({ length: 80 }, () => transfer(pool)))
    const { rows } = await pool.query('SELECT n FROM counter')
    return rows[0].n
  })
  expect(total).toBe(80)
})

test('a connection that breaks within a transaction rolls back and holds up nobody', async () => {
  await using postgres = await startPostgres(embedded)
  const rows = await usePool(postgres.url, async (pool) => {
    await pool.query('CREATE TABLE t (n int)')
    const client = await pool.connect()
    await client.query('BEGIN')
    await client.query('INSERT INTO t VALUES (1)')
    client.release(true)
    return (await pool.query('SELECT * FROM t')).rows
  })
  expect(rows).toEqual([])
})

test('a folder that another process has open is refused', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'portcullis-pg-'))
  const folder = join(parent, 'postgres')
  await using _ = await startPostgres({ ...embedded, folder })
  const second = startPostgres({ ...embedded, folder, folderTimeoutMs: 0 })
  await expect(second).rejects.toThrow(/another process holds/)
  await rm(parent, { recursive: true })
})

test('data in a folder is there again after a restart', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'portcullis-pg-'))
  const folder = join(parent, 'postgres')
  {
    await using first = await startPostgres({ ...embedded, folder })
    await usePool(first.url, (pool) => pool.query('CREATE TABLE t AS SELECT 42 AS n'))
  }
  await using second = await startPostgres({ ...embedded, folder })
  const { rows } = await usePool(second.url, (pool) => pool.query('SELECT n FROM t'))
  expect(rows).toEqual([{ n: 42 }])
  await rm(parent, { recursive: true })
})
