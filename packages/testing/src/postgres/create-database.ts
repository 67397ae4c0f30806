import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { PostgresServer } from './start-postgres.ts'

/** A new, empty database on the server that `serverUrl` names; the user needs CREATEDB. Disposal drops it. */
export async function createDatabase(serverUrl: string): Promise<PostgresServer> {
  const name = `portcullis_${randomBytes(8).toString('hex')}`
  await runOn(serverUrl, `CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => runOn(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
