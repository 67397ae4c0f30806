import { createQueue, defineJob, openBullQueues } from '@portcullis/jobs'
import { createFollower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { eventually, findFreePort, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Client, signIn } from '../system/devices.ts'
import { startInstallation } from '../system/installation.ts'

const WAIT = { timeoutMs: 60_000 }
const STEPS = 600
const JOB = 'sessions.revoke'
const logger = createLogger({ name: 'test', level: 'silent' })

let installation: Awaited<ReturnType<typeof start>>
let id: string
let count = 0
beforeAll(async () => {
  installation = await start()
}, 90_000)
beforeEach(() => {
  count += 1
  id = `bulk-${count}`
})
afterAll(() => installation?.[Symbol.asyncDispose]())

/** A worker over queues in a Redis of their own, which survives a crash, and everything that the log says. */
async function start() {
  await using owned = new AsyncDisposableStack()
  const args = ['--appendonly', 'yes', '--appendfsync', 'always']
  const jobsRedis = owned.use(await startRedis({ args }))
  const { start, redis } = owned.use(await startInstallation({ leaseMs: 2_000 }))
  const [accounts, orders] = await Promise.all([start('accounts'), start('orders')])
  const operationsPort = await findFreePort()
  const urls = { accountsUrl: accounts.url, ordersUrl: orders.url, operationsPort }
  const gateway = await start('gateway', urls)
  const working = { ...urls, jobsRedisUrl: jobsRedis.url, gatewayUrl: gateway.url }
  const worker = await start('worker', working)

  const events = new Map<string, number>()
  const actors = new Set<string | undefined>()
  const follower = owned.use(await createFollower({ redisUrl: redis.url, name: 'test', logger }))
  follower.onEvent(({ kind, organization = '', actor }) => {
    if (kind !== 'organization.revoked') return
    events.set(organization, (events.get(organization) ?? 0) + 1)
    actors.add(actor)
  })
  const connection = { redisUrl: jobsRedis.url, name: 'test', logger }
  const job = defineJob({ name: JOB, data: z.looseObject({}) })
  const queue = owned.use(await createQueue({ job, ...connection }))
  const { queues } = owned.use(await openBullQueues({ ...connection, names: [JOB] }))
  const { client } = await signIn(gateway, 'ada')
  await eventually(() => client.operations.revocations.list.query({}), WAIT)
  const everything = owned.move()
  return {
    ...{ jobsRedis, worker, client, queue, bull: queues[0], events, actors, follower },
    /** One more, which takes over what the first one lets go. */
    startWorker: () => start('worker', { ...working, operationsPort: 0 }),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}

const organizations = () => Array.from({ length: STEPS }, (_, n) => `org_${id}-${n}` as const)

const add = (client: Client) =>
  client.operations.revocations.add.mutate({
    ...{ id, reason: 'test' },
    target: { selectors: organizations().map((organization) => ({ organization })) },
  })

const doneOf = (progress: unknown) => z.object({ done: z.int() }).parse(progress).done

/** Resolves in the middle of the job. */
const begun = () =>
  eventually(async () => {
    const found = await installation.queue.find(id)
    expect(doneOf(found?.progress)).toBeGreaterThan(0)
    expect(found?.state).toBe('active')
  }, WAIT)

/** The job is done, and each of its steps is in the log once, with who asked for it. */
async function expectOnce(): Promise<void> {
  const { queue, follower, events, actors } = installation
  const result = await eventually(async () => {
    const found = await queue.find(id)
    expect(found?.state).toBe('completed')
    return found?.result
  }, WAIT)
  expect(result).toMatchObject({ outcome: 'done', done: STEPS, total: STEPS, level: 'enforced' })
  await follower.catchUp()
  expect(organizations().filter((organization) => events.get(organization) !== 1)).toEqual([])
  expect([...actors]).toEqual(['usr_ada'])
}

describe('each step of a long job is done once', () => {
  test('though its worker is frozen past its lock, and goes on beside the one that took over', async () => {
    await add(installation.client)
    await begun()
    const { worker } = installation
    worker.signal('SIGSTOP')
    await using _ = await installation.startWorker()
    await expectOnce()
    const before = worker.output().length
    worker.signal('SIGCONT')
    await eventually(() => expect(worker.output().slice(before)).toMatch(/lock/i), WAIT)
    await expectOnce()
  }, 90_000)

  test('though its worker is killed', async () => {
    await add(installation.client)
    await begun()
    installation.worker.signal('SIGKILL')
    await installation.worker.start()
    await expectOnce()
  })

  test('though the Redis of the queues crashes and comes back', async () => {
    await add(installation.client)
    await begun()
    await installation.jobsRedis.kill()
    await installation.jobsRedis.restart()
    await expectOnce()
  })

  test('though the whole job is run a second time', async () => {
    await add(installation.client)
    await expectOnce()
    const job = await installation.bull?.getJob(id)
    await job?.updateProgress(0)
    await job?.retry('completed')
    await eventually(async () => {
      expect((await installation.queue.find(id))?.state).not.toBe('unknown')
      expect(doneOf((await installation.queue.find(id))?.progress)).toBe(STEPS)
    }, WAIT)
    await expectOnce()
  })
})
