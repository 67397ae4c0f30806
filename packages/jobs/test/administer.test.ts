import { createLogger } from '@portcullis/runtime'
import { eventually, startRedis } from '@portcullis/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createJobWorker, createQueue, defineJob, forGood, type JobRun } from '../src/index.ts'

const logger = createLogger({ name: 'jobs-test', level: 'silent' })
const job = defineJob({ name: 'operate', data: z.object({}), attempts: 2 })
const WAIT = { timeoutMs: 20_000 }
const PERSISTENT = { args: ['--appendonly', 'yes', '--appendfsync', 'always'] }

it('a job starts at the moment that was given, to the millisecond', async () => {
  await using redis = await startRedis()
  await using queue = await createQueue({ job, redisUrl: redis.url, name: 'jobs-test', logger })
  const at = new Date('2099-12-31T22:59:00.000Z')
  const ids = Array.from({ length: 200 }, (_, n) => `evt_${n}`)
  await Promise.all(ids.map((id) => queue.add({}, { id, at })))
  const planned = await Promise.all(ids.map(async (id) => (await queue.find(id))?.startsAt))
  expect(new Set(planned.map((startsAt) => startsAt?.toISOString()))).toEqual(
    new Set([at.toISOString()]),
  )
})

it('a job that was planned survives a crash of Redis, and starts when it was put off to, once', async () => {
  await using redis = await startRedis(PERSISTENT)
  const options = { job, redisUrl: redis.url, name: 'jobs-test', logger }
  await using queue = await createQueue(options)
  await queue.add({}, { id: 'evt_1', delayMs: 3_600_000 })
  const starts: number[] = []
  await using _ = await createJobWorker({
    ...options,
    process: async () => void starts.push(Date.now()),
  })
  await redis.kill()
  await redis.restart()
  const inAnHour = await eventually(async () => (await queue.find('evt_1'))?.startsAt, WAIT)
  expect(inAnHour?.getTime()).toBeGreaterThan(Date.now() + 3_500_000)
  expect(await queue.reschedule('evt_1', { delayMs: 500 })).toBe(true)
  const { startsAt } = (await queue.find('evt_1')) ?? {}
  await eventually(() => expect(starts).toHaveLength(1), WAIT)
  if (startsAt) expect(starts[0]).toBeGreaterThanOrEqual(startsAt.getTime())
  await eventually(async () => expect((await queue.find('evt_1'))?.state).toBe('completed'), WAIT)
  expect(await queue.reschedule('evt_1', { delayMs: 500 })).toBe(false)
  expect(starts).toHaveLength(1)
})

it('a job is cancelled for good before it starts, and finds out while it runs', async () => {
  await using redis = await startRedis()
  const options = { job, redisUrl: redis.url, name: 'jobs-test', logger }
  await using queue = await createQueue(options)
  await queue.add({}, { id: 'planned', delayMs: 3_600_000 })
  expect(await queue.cancel('planned')).toBe('cancelled')
  expect(await queue.find('planned')).toBeNull()
  expect(await queue.cancel('planned')).toBe('unknown')
  await using _ = await createJobWorker({
    ...options,
    process: async (_data, run) => {
      await run.report({ started: true })
      await eventually(async () => expect(await run.isCancelled()).toBe(true), WAIT)
      return 'stopped'
    },
  })
  await queue.add({}, { id: 'running' })
  await eventually(async () => expect((await queue.find('running'))?.progress).not.toBeNull(), WAIT)
  expect(await queue.cancel('running')).toBe('stopping')
  await eventually(async () => {
    expect(await queue.find('running')).toMatchObject({ state: 'completed', result: 'stopped' })
  }, WAIT)
  expect(await queue.cancel('running')).toBe('ended')
})

it('a later attempt knows what an earlier one reported', async () => {
  await using redis = await startRedis()
  const options = { job, redisUrl: redis.url, name: 'jobs-test', logger }
  await using queue = await createQueue(options)
  const known: unknown[] = []
  await using _ = await createJobWorker({
    ...options,
    process: async (_data, run: JobRun) => {
      known.push(run.progress)
      await run.report({ done: known.length })
      if (run.attempt === 1) throw new Error('not today')
    },
  })
  await queue.add({}, { id: 'evt_1' })
  await eventually(() => expect(known).toEqual([null, { done: 1 }]), WAIT)
})

it('a job that cannot succeed fails at once with its reason, is listed, and tried again when that is asked for', async () => {
  await using redis = await startRedis()
  const options = { job, redisUrl: redis.url, name: 'jobs-test', logger }
  await using queue = await createQueue(options)
  let isMended = false
  await using _ = await createJobWorker({
    ...options,
    process: async () => {
      if (!isMended) throw forGood(new Error('the id is taken'))
    },
  })
  await queue.add({}, { id: 'evt_1' })
  const dead = { states: ['failed'], limit: 10 } as const
  await eventually(async () => {
    const found = await queue.list(dead)
    expect(found).toMatchObject([{ id: 'evt_1', attempts: 1, failure: 'the id is taken' }])
  }, WAIT)
  expect(await queue.retry('evt_2')).toBe(false)
  isMended = true
  expect(await queue.retry('evt_1')).toBe(true)
  await eventually(async () => expect((await queue.find('evt_1'))?.state).toBe('completed'), WAIT)
  expect(await queue.list(dead)).toEqual([])
  expect(await queue.retry('evt_1')).toBe(false)
})
