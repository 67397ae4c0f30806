import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '@portcullis/testing'
import pg from 'pg'
import { expect, it } from 'vitest'
import { receiversSchema } from '../src/delivery/receiver.ts'
import { type Request, startReceiver } from './receiver-server.ts'
import { startTrail } from './trail.ts'

const LONG = { timeoutMs: 20_000 }
const MIGRATE = fileURLToPath(new URL('../src/migrate.ts', import.meta.url))
const GRANTS = new URL('../grants.sql', import.meta.url)
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

it('a worker whose role can only add to the trail writes, proves and tells, and can take nothing away', async () => {
  await using trail = await startTrail()
  const env = { ...process.env, DATABASE_URL: trail.postgres.url }
  await promisify(execFile)(process.execPath, [MIGRATE], { env })
  await using restricted = await createWorkerRole(trail.postgres.url)
  const seen: Request[] = []
  await using hooked = await startReceiver(async (request) => {
    seen.push(request)
    return { status: 204 }
  })
  const webhook = { kind: 'webhook', name: 'hooked', url: hooked.url, secrets: [SECRET] }
  const delivery = { receivers: receiversSchema.parse([webhook]) }
  await using worker = await trail.startWorker({ databaseUrl: restricted.url, delivery })
  await trail.publish({ id: 'chg_1' })
  await eventually(() => expect(seen).toHaveLength(1), LONG)
  await eventually(async () => {
    const { entries } = await trail.clientOf(worker.url).list.query({ change: 'chg_1' })
    expect(entries[0]?.receipt?.level).toBe('enforced')
  }, LONG)
  const { receivers } = worker.operations
  await receivers.replay.mutate({ receiver: 'hooked', after: '0' })
  await eventually(() => expect(seen).toHaveLength(2), LONG)

  for (const statement of [
    'drop trigger append_only on audit.events',
    'delete from audit.events',
    'update audit.receipts set durable = true',
    'create table audit.other (id bigint)',
  ]) {
    await expect(restricted.query(statement)).rejects.toMatchObject({ code: '42501' })
  }
})

/** The role of the guide, under a name of its own, and an address under which whoever connects has its rights. */
async function createWorkerRole(databaseUrl: string) {
  const role = `worker_${randomBytes(6).toString('hex')}`
  const owner = new pg.Client(databaseUrl)
  await owner.connect()
  await owner.query(`create role ${role}`)
  await owner.query((await readFile(GRANTS, 'utf8')).replaceAll('portcullis_worker', role))
  // Of this connection, and of all of the embedded server's, which takes no options.
  await owner.query(`set role ${role}`)
  const url = new URL(databaseUrl)
  url.searchParams.set('options', `-c role=${role}`)
  return {
    url: url.href,
    query: (statement: string) => owner.query(statement),
    async [Symbol.asyncDispose]() {
      await owner.query('reset role')
      await owner.query(`drop owned by ${role}`)
      await owner.query(`drop role ${role}`)
      await owner.end()
    },
  }
}
