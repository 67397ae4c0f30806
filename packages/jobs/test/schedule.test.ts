import { createLogger } from '@portcullis/runtime'
import { eventually, startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createJobWorker, createQueue, defineJob } from '../src/index.ts'

const logger = createLogger({ name: 'jobs-test', level: 'silent' })
const job = defineJob({ name: 'sweep', data: z.object({}) })

it('a schedule runs again and again, once however often it was set', async () => {
  await using redis = await startRedis()
  const options = { job, redisUrl: redis.url, name: 'jobs-test', logger }
  let runs = 0
  await using queue = await createQueue(options)
  await using _ = await createJobWorker({ ...options, process: async () => void runs++ })
  await queue.schedule({}, { id: 'sweep', everyMs: 50 })
  await queue.schedule({}, { id: 'sweep', everyMs: 50 })
  await eventually(() => expect(runs).toBeGreaterThan(3))
  const reader = new Redis(redis.url)
  expect(await reader.zcard('{pc-jobs}:sweep:repeat')).toBe(1)
  reader.disconnect()
})

it('a schedule outlives a Redis that restarted and forgot it', async () => {
  await using redis = await startRedis()
  const options = { job, redisUrl: redis.url, name: 'jobs-test', logger }
  let runs = 0
  await using queue = await createQueue(options)
  await using _ = await createJobWorker({ ...options, process: async () => void runs++ })
  await queue.schedule({}, { id: 'sweep', everyMs: 50 })
  await eventually(() => expect(runs).toBeGreaterThan(0))
  await redis.kill()
  await expect(queue.count()).rejects.toMatchObject({ code: 'ERR_QUEUE_UNAVAILABLE' })
  await redis.restart()
  runs = 0
  await eventually(() => expect(runs).toBeGreaterThan(1), { timeoutMs: 20_000 })
})

it('a Redis that is away is said at once when adding, and in time when starting', async () => {
  await using redis = await startRedis()
  const options = { job, redisUrl: redis.url, name: 'jobs-test', logger }
  await using queue = await createQueue(options)
  await redis.stop()
  await expect(queue.add({}, { id: 'evt_1' })).rejects.toMatchObject({
    code: 'ERR_QUEUE_UNAVAILABLE',
  })
  await expect(createQueue({ ...options, startTimeoutMs: 50 })).rejects.toMatchObject({
    code: 'ERR_QUEUE_UNAVAILABLE',
  })
})
