import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { startPostgres } from '../src/index.ts'

const TRANSACTIONS = 60
const READERS = 6

test('statements of concurrent connections never mix, in transactions or out of them', async () => {
  await using postgres = await startPostgres()
  const pool = new Pool({ connectionString: postgres.url, max: 12 })
  try {
    await pool.query('create table counters (id int primary key, n int not null)')
    await pool.query('insert into counters values (1, 0)')
    let isDone = false
    const readers = Array.from({ length: READERS }, async (_, reader) => {
      while (!isDone) {
        const { rows } = await pool.query('select $1::int as reader', [reader])
        expect(rows).toEqual([{ reader }])
      }
    })
    await Promise.all(Array.from({ length: TRANSACTIONS }, () => increment(pool)))
    isDone = true
    await Promise.all(readers)
    const { rows } = await pool.query('select n from counters where id = $1', [1])
    expect(rows).toEqual([{ n: TRANSACTIONS }])
  } finally {
    await pool.end()
  }
})

async function increment(pool: Pool) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query('select n from counters where id = $1 for update', [1])
    await client.query('update counters set n = $1 where id = $2', [rows[0].n + 1, 1])
    await client.query('commit')
  } finally {
    client.release()
  }
}
