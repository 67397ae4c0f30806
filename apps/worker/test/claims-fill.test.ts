import { createQueue } from '@portcullis/jobs'
import { createLogger } from '@portcullis/runtime'
import { eventually } from '@portcullis/testing'
import { Client } from 'pg'
import { expect, it } from 'vitest'
import { claimsFill } from '../src/claims-fill.ts'
import { startInstallation } from './installation.ts'

const PEOPLE = 900
const LONG = { timeoutMs: 40_000 }

/** People who were there before the newest claim was declared. */
async function addPeople(databaseUrl: string) {
  await query(
    databaseUrl,
    `insert into accounts.users (id, email, name, installation_roles)
     select 'usr_' || n, 'p' || n || '@example.com', 'P', '{}' from generate_series(1, ${PEOPLE}) n`,
  )
}

/** How many people are at which version of their claims. */
async function versionsOf(databaseUrl: string): Promise<unknown[]> {
  return query(
    databaseUrl,
    `select claims_version::int as version, count(*)::int as people
     from accounts.users where id ~ '^usr_[0-9]+$' group by 1 order by 1`,
  )
}

async function query(databaseUrl: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

it('a declared claim reaches everybody once, though the worker was killed in the middle and begins again', async () => {
  await using installation = await startInstallation()
  await using accounts = await installation.startAccounts()
  await addPeople(installation.databaseUrl)
  const announced = () => {
    const people = Array.from({ length: PEOPLE }, (_, n) => installation.eventsOf(`usr_${n + 1}`))
    return {
      people: people.filter(({ length }) => length > 0).length,
      events: people.flat().length,
    }
  }

  await using victim = await installation.startWorkerProcess(accounts.url, { JOB_LOCK_MS: '1000' })
  await eventually(() => expect(announced().people).toBeGreaterThan(0), LONG)
  victim.signal('SIGKILL')
  await victim.exited
  expect(announced().people).toBeLessThan(PEOPLE)

  await using _ = await installation.startWorker({ accountsUrl: accounts.url, jobLockMs: 1_000 })
  await eventually(() => expect(announced().people).toBe(PEOPLE), LONG)
  expect(await versionsOf(installation.databaseUrl)).toEqual([{ version: 2, people: PEOPLE }])
  expect(announced().events).toBe(PEOPLE)

  const logger = createLogger({ name: 'test', level: 'silent' })
  const jobs = { job: claimsFill, redisUrl: installation.jobsRedisUrl, name: 'test', logger }
  await using queue = await createQueue(jobs)
  await queue.add({ definition: 1 }, { id: 'again' })
  await eventually(async () => {
    expect(await queue.find('again')).toMatchObject({
      state: 'completed',
      progress: { filled: 0, remaining: 0 },
      result: { filled: 0, remaining: 0 },
    })
  }, LONG)
  expect(await versionsOf(installation.databaseUrl)).toEqual([{ version: 2, people: PEOPLE }])
})
