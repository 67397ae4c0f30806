import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '@portcullis/testing'
import pg from 'pg'
import { expect, it } from 'vitest'
import type { AuditEntry } from '../src/audit/entry.ts'
import { startTrail } from './trail.ts'

const LONG = { timeoutMs: 20_000 }

it('who changed what, when and why is in the trail, with a receipt that the worker found out itself', async () => {
  await using trail = await startTrail()
  await using worker = await trail.startWorker()
  const before = Date.now()
  await trail.publish({ id: 'chg_1', actor: 'usr_ada', cause: 'member.removed' })
  await trail.publish({ id: 'chg_2' })

  const audit = trail.clientOf(worker.url)
  await eventually(async () => {
    const { entries } = await audit.list.query({ subject: 'usr_bob' })
    expect(entries.map(({ receipt }) => receipt?.level)).toEqual(['enforced', 'enforced'])
  }, LONG)
  const { entries, next } = await audit.list.query({ change: 'chg_1' })
  expect(next).toBeNull()
  expect(entries).toEqual([
    expect.objectContaining({
      kind: 'claims.changed',
      cause: 'member.removed',
      subject: 'usr_bob',
      actor: 'usr_ada',
      change: 'chg_1',
      originator: trail.follower.instance,
      missing: null,
    }),
  ])
  const [entry] = entries
  expect(Date.parse(entry?.at ?? '')).toBeGreaterThan(before - 5_000)
  expect(entry?.receipt?.instances).toContainEqual(
    expect.objectContaining({ id: trail.follower.instance, service: 'test' }),
  )
  expect((await audit.list.query({ actor: 'usr_eve' })).entries).toEqual([])
})

it('each event is there once, though a worker was killed in the middle and then two wrote at once', async () => {
  await using trail = await startTrail()
  const total = 1_500
  const publishing = publishMany(trail, total)
  await using victim = await trail.startWorkerProcess()
  await eventually(async () => expect(await countOf(trail)).toBeGreaterThan(0), LONG)
  await victim.kill()
  await using worker = await trail.startWorker()
  await using _other = await trail.startWorker()
  await publishing
  await eventually(async () => expect(await countOf(trail)).toBe(total), LONG)

  const audit = trail.clientOf(worker.url)
  const seen: (string | null)[] = []
  for (let after: string | undefined; ; ) {
    const page = await audit.list.query({ order: 'oldest', limit: 500, ...(after && { after }) })
    seen.push(
      ...page.entries.flatMap(({ kind, change }) => (kind === 'claims.changed' ? [change] : [])),
    )
    if (page.next === null) break
    after = page.next
  }
  expect(seen).toEqual(Array.from({ length: total }, (_, i) => `chg_${i}`))
}, 60_000)

it('what left the log before it was written down is a gap in the trail, said aloud, and the trail goes on', async () => {
  await using trail = await startTrail()
  const first = await trail.startWorker()
  await trail.publish({ id: 'chg_before' })
  await eventually(async () => expect(await countOf(trail)).toBe(1), LONG)
  await first[Symbol.asyncDispose]()

  await publishMany(trail, 5)
  await trail.commands.xtrim('pc:{0}:log', 'MAXLEN', 0)
  await trail.publish({ id: 'chg_after' })
  await using worker = await trail.startWorker()
  const audit = trail.clientOf(worker.url)
  await eventually(async () => {
    const { entries } = await audit.list.query({ order: 'oldest' })
    expect(entries.map(({ kind, change }) => change ?? kind)).toEqual([
      'audit.began',
      'chg_before',
      'audit.gap',
      'chg_after',
    ])
    const gap = entries[2]
    expect(gap?.missing).toEqual({ after: entries[1]?.position, before: entries[3]?.position })
  }, LONG)
  expect(await worker.metrics()).toMatch(/portcullis_audit_gaps_total 1\b/)
  expect(worker.output()).toContain('had lost entries before they were in the audit trail')
})

it('a history that begins anew below the trail is written from its beginning, each entry once and behind a gap', async () => {
  await using trail = await startTrail()
  const first = await trail.startWorker()
  await eventually(async () => expect(await rowsOf(trail)).toBe(1), LONG)
  await trail.publish({ id: 'chg_known' })
  await eventually(async () => expect(await countOf(trail)).toBe(1), LONG)
  await first[Symbol.asyncDispose]()
  // As if this Redis had been set back: the trail has been further.
  await execute(trail, 'update audit.cursor set seq = 1000')
  await trail.publish({ id: 'chg_new' })
  await using worker = await trail.startWorker()
  await eventually(async () => {
    const { entries } = await trail.clientOf(worker.url).list.query({ order: 'oldest' })
    expect(entries.map(({ kind, change }) => change ?? kind)).toEqual([
      'audit.began',
      'chg_known',
      'audit.gap',
      'chg_new',
    ])
    expect(entries[2]?.missing).toEqual({ after: '1.1000', before: '1.0' })
  }, LONG)
})

it('nothing waits for Postgres, and the trail says how far it is behind', async () => {
  await using trail = await startTrail()
  await using worker = await trail.startWorker({ warnBehindEvents: 10 })
  await eventually(async () => expect(await rowsOf(trail)).toBe(1), LONG)
  const database = new pg.Client(trail.postgres.url)
  await database.connect()
  await database.query('begin')
  await database.query('lock table audit.events in access exclusive mode')
  await publishMany(trail, 20)
  await eventually(async () => {
    expect(await worker.metrics()).toMatch(/portcullis_audit_lag_events 20\b/)
  }, LONG)
  expect(worker.output()).toContain('the audit trail is far behind the log')
  await database.query('rollback')
  await database.end()
  await eventually(async () => {
    expect(await countOf(trail)).toBe(20)
    expect(await worker.metrics()).toMatch(/portcullis_audit_lag_events 0\b/)
  }, LONG)
})

it('nobody changes a row or takes one away, and only a gateway reads', async () => {
  await using trail = await startTrail()
  await using worker = await trail.startWorker()
  await trail.publish({ id: 'chg_1' })
  await eventually(async () => expect(await countOf(trail)).toBe(1), LONG)
  const database = new pg.Client(trail.postgres.url)
  await database.connect()
  for (const statement of [
    `update audit.events set actor = 'usr_eve'`,
    'delete from audit.events',
    'truncate audit.events',
    'delete from audit.receipts',
  ]) {
    await expect(database.query(statement)).rejects.toMatchObject({ code: '42501' })
  }
  await database.end()
  expect(await countOf(trail)).toBe(1)

  const stranger = trail.clientOf(worker.url, 'orders')
  await expect(stranger.list.query({})).rejects.toMatchObject({ data: { code: 'UNAUTHORIZED' } })
  const anyone = await fetch(`${worker.url}/audit.list?input=%7B%7D`)
  expect(anyone.status).toBe(403)
})

it('the trail is written out as JSON lines, and goes on after the last of them', async () => {
  await using trail = await startTrail()
  await using _ = await trail.startWorker()
  await trail.publish({ id: 'chg_1' })
  await trail.publish({ id: 'chg_2' })
  await eventually(async () => expect(await countOf(trail)).toBe(2), LONG)
  const all = await exported(trail)
  expect(all.map(({ change }) => change)).toEqual([null, 'chg_1', 'chg_2'])
  const rest = await exported(trail, '--after', String(all[1]?.number))
  expect(rest).toEqual(all.slice(2))
})

const EXPORT = fileURLToPath(new URL('../src/export-audit.ts', import.meta.url))

async function exported(trail: Trail, ...args: string[]) {
  const env = { ...process.env, DATABASE_URL: trail.postgres.url }
  const { stdout } = await promisify(execFile)(process.execPath, [EXPORT, ...args], { env })
  return stdout
    .trim()
    .split('\n')
    .map((line): AuditEntry => JSON.parse(line))
}

type Trail = Awaited<ReturnType<typeof startTrail>>

async function publishMany(trail: Trail, total: number) {
  for (let i = 0; i < total; i += 1) await trail.publish({ id: `chg_${i}` })
}

async function query(trail: Trail, text: string): Promise<number> {
  const database = new pg.Client(trail.postgres.url)
  await database.connect()
  try {
    const { rows } = await database.query<{ count: string }>(text)
    return Number(rows[0]?.count)
  } catch {
    return 0
  } finally {
    await database.end()
  }
}

async function execute(trail: Trail, statement: string) {
  const database = new pg.Client(trail.postgres.url)
  await database.connect()
  await database.query(statement)
  await database.end()
}

const countOf = (trail: Trail) =>
  query(trail, `select count(*) from audit.events where kind = 'claims.changed'`)
const rowsOf = (trail: Trail) => query(trail, 'select count(*) from audit.events')
