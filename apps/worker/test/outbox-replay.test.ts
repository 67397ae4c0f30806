import { generateSigningKey } from '@portcullis/context'
import { createQueue } from '@portcullis/jobs'
import { createLogger } from '@portcullis/runtime'
import { eventually, startTcpProxy } from '@portcullis/testing'
import { expect, it } from 'vitest'
import { outboxReplay } from '../src/outbox-replay.ts'
import { startInstallation } from './installation.ts'

const change = { subject: 'usr_grace', role: 'admin' } as const
const LONG = { timeoutMs: 15_000 }

it('a change is announced, once, though its process was killed between commit and announcement', async () => {
  await using installation = await startInstallation()
  await using route = await startTcpProxy({ target: installation.redisUrl })
  await using victim = await installation.startAccounts({ redisUrl: route.url })
  await using survivor = await installation.startAccounts()
  const there = await installation.adaAt(survivor.url)

  route.dropUp()
  const broken = (await installation.adaAt(victim.url)).members.setRole.mutate(change)
  const ended = broken.catch(() => 'cut off')
  await eventually(async () => {
    const members = await there.members.list.query()
    expect(members).toContainEqual(expect.objectContaining(change))
  })
  victim.child.signal('SIGKILL')
  await ended
  expect(installation.eventsOf('usr_grace')).toEqual([])

  await using _first = await installation.startWorker({ accountsUrl: survivor.url })
  await using _second = await installation.startWorker({ accountsUrl: survivor.url })
  await eventually(() => expect(installation.eventsOf('usr_grace')).toHaveLength(1), LONG)

  const logger = createLogger({ name: 'test', level: 'silent' })
  const jobs = { job: outboxReplay, redisUrl: installation.jobsRedisUrl, name: 'test', logger }
  await using queue = await createQueue(jobs)
  await queue.add({}, { id: 'again' })
  await queue.add({}, { id: 'and-again' })
  await eventually(async () => {
    const { waiting, active, failed } = await queue.count()
    expect({ waiting, active, failed }).toEqual({ waiting: 0, active: 0, failed: 0 })
  }, LONG)
  expect(installation.eventsOf('usr_grace')).toHaveLength(1)
})

it('while accounts is away the job fails, says so and is tried again; then it catches up', async () => {
  await using installation = await startInstallation()
  await using route = await startTcpProxy({ target: installation.redisUrl })
  const first = await installation.startAccounts({ redisUrl: route.url })
  const ada = await installation.adaAt(first.url)
  route.dropUp()
  expect(await ada.members.setRole.mutate(change)).toMatchObject({ propagated: 'indeterminate' })
  route.heal()
  first.child.signal('SIGKILL')
  await first.child.exited

  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  await using worker = await installation.startWorker({
    accountsUrl: first.url,
    logger: createLogger({ name: 'worker', destination }),
  })
  await eventually(() => {
    const output = lines.join('')
    expect(output).toContain('job failed, it will be tried again')
    expect(output).toContain('accounts cannot be reached')
    expect(output).not.toContain('eyJ')
  }, LONG)
  expect((await fetch(`${worker.url}/readyz`)).status).toBe(200)

  await using _ = await installation.startAccounts({ port: first.port })
  await eventually(() => expect(installation.eventsOf('usr_grace').length).toBe(1), LONG)
})

it('a worker that accounts does not trust is told so', async () => {
  await using installation = await startInstallation()
  await using accounts = await installation.startAccounts()
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  await using _ = await installation.startWorker({
    accountsUrl: accounts.url,
    signingKey: await generateSigningKey(),
    logger: createLogger({ name: 'worker', destination }),
  })
  await eventually(() => expect(lines.join('')).toContain('ERR_ASSERTION_INVALID'), LONG)
})
