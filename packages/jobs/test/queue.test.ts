import { createLogger } from '@portcullis/runtime'
import { eventually, type RedisServer, startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { createJobWorker, createQueue, defineJob, type JobRun } from '../src/index.ts'

const logger = createLogger({ name: 'jobs-test', level: 'silent' })
const greeting = z.object({ to: z.string(), tries: z.int().default(1) })

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())

const options = () => ({ redisUrl: redis.url, name: 'jobs-test', logger })

it('what is added is processed, checked and completed with defaults at the other end', async () => {
  const job = defineJob({ name: 'greet.simple', data: greeting })
  const seen: unknown[] = []
  await using queue = await createQueue({ job, ...options() })
  await using worker = await createJobWorker({
    job,
    ...options(),
    process: async (data) => void seen.push(data),
  })
  await queue.add({ to: 'Ada' }, { id: 'evt_1' })
  await eventually(() => expect(seen).toEqual([{ to: 'Ada', tries: 1 }]))
  expect(worker.isReady()).toBe(true)
})

it('an id that is still kept is not run again', async () => {
  const job = defineJob({ name: 'greet.once', data: greeting })
  const seen: string[] = []
  await using queue = await createQueue({ job, ...options() })
  await using _ = await createJobWorker({
    job,
    ...options(),
    process: async ({ to }) => void seen.push(to),
  })
  await queue.add({ to: 'first' }, { id: 'evt_1' })
  await eventually(() => expect(seen).toEqual(['first']))
  await queue.add({ to: 'again' }, { id: 'evt_1' })
  await queue.add({ to: 'marker' }, { id: 'evt_2' })
  await eventually(() => expect(seen).toContain('marker'))
  expect(seen).toEqual(['first', 'marker'])
})

it('data of the wrong form and unusable ids are refused before they reach Redis', async () => {
  const job = defineJob({ name: 'greet.refused', data: greeting })
  await using queue = await createQueue({ job, ...options() })
  const unchecked: unknown = { to: 7 }
  await expect(
    queue.add(unchecked as z.input<typeof greeting>, { id: 'evt_1' }),
  ).rejects.toMatchObject({ code: 'ERR_JOB_DATA_INVALID' })
  for (const id of ['', '12345', 'a:b', 'a b', 'x'.repeat(129)]) {
    await expect(queue.add({ to: 'Ada' }, { id })).rejects.toMatchObject({
      code: 'ERR_JOB_ID_INVALID',
    })
  }
  expect(await queue.count()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 })
})

it('a job written by an older or foreign producer fails at once, without being processed', async () => {
  const job = defineJob({ name: 'greet.foreign', data: greeting, attempts: 5 })
  const foreign = defineJob({ name: 'greet.foreign', data: z.object({ at: z.string() }) })
  const seen: unknown[] = []
  await using queue = await createQueue({ job: foreign, ...options() })
  await queue.add({ at: 'Ada' }, { id: 'evt_1' })
  await using _ = await createJobWorker({
    job,
    ...options(),
    process: async (data) => void seen.push(data),
  })
  await eventually(async () => expect((await queue.count()).failed).toBe(1))
  expect(seen).toEqual([])
})

it('a failed attempt is tried again after the backoff, up to the limit', async () => {
  const job = defineJob({
    name: 'greet.flaky',
    data: greeting,
    attempts: 3,
    backoff: { type: 'fixed', delayMs: 10 },
  })
  const attempts: number[] = []
  await using queue = await createQueue({ job, ...options() })
  await using _ = await createJobWorker({
    job,
    ...options(),
    process: async (_data, { attempt }) => {
      attempts.push(attempt)
      throw new Error('not today')
    },
  })
  await queue.add({ to: 'Ada' }, { id: 'evt_1' })
  await eventually(async () => expect((await queue.count()).failed).toBe(1))
  expect(attempts).toEqual([1, 2, 3])
})

it('attempts go on at the longest wait that was given', async () => {
  const job = defineJob({
    name: 'greet.capped',
    data: greeting,
    attempts: 20,
    backoff: { type: 'exponential', delayMs: 5, maxDelayMs: 10 },
  })
  let attempts = 0
  await using queue = await createQueue({ job, ...options() })
  await using _ = await createJobWorker({
    job,
    ...options(),
    process: async () => {
      attempts += 1
      throw new Error('not today')
    },
  })
  await queue.add({ to: 'Ada' }, { id: 'evt_1' })
  await eventually(async () => expect((await queue.count()).failed).toBe(1))
  expect(attempts).toBe(20)
})

it('disposal lets a job finish, and stops one that does not in time', async () => {
  const job = defineJob({ name: 'greet.slow', data: greeting, attempts: 1 })
  const runs: JobRun[] = []
  await using queue = await createQueue({ job, ...options() })
  const worker = await createJobWorker({
    job,
    ...options(),
    graceMs: 20,
    process: (_data, run) => {
      runs.push(run)
      return new Promise(() => {})
    },
  })
  await queue.add({ to: 'Ada' }, { id: 'evt_1' })
  await eventually(() => expect(runs).toHaveLength(1))
  await worker[Symbol.asyncDispose]()
  expect(runs[0]?.signal.aborted).toBe(true)
})

it('keeps no more ended jobs than its retention says', async () => {
  const retention = { completed: { ageMs: 60_000, count: 2 } }
  const job = defineJob({ name: 'greet.kept', data: greeting, retention })
  await using queue = await createQueue({ job, ...options() })
  let done = 0
  await using _ = await createJobWorker({ job, ...options(), process: async () => void done++ })
  for (const n of [1, 2, 3, 4, 5]) await queue.add({ to: 'Ada' }, { id: `evt_${n}` })
  const reader = new Redis(redis.url)
  await eventually(async () => {
    expect(done).toBe(5)
    expect(await reader.zcard('{pc-jobs}:greet.kept:completed')).toBe(2)
  })
  const keys = await reader.keys('*')
  expect(keys.filter((key) => !key.startsWith('{pc-jobs}:'))).toEqual([])
  reader.disconnect()
})
