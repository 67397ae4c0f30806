import { fileURLToPath } from 'node:url'
import { createLogger } from '@portcullis/runtime'
import { eventually, startProcess, startRedis } from '@portcullis/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createJobWorker, createQueue, defineJob } from '../src/index.ts'

const HANGING_WORKER = fileURLToPath(new URL('./hanging-worker.ts', import.meta.url))

it('a job whose worker was killed runs again, also after more crashes than one', async () => {
  await using redis = await startRedis()
  const job = defineJob({ name: 'crash', data: z.object({}), attempts: 5 })
  const options = {
    job,
    redisUrl: redis.url,
    name: 'jobs-test',
    logger: createLogger({ name: 'jobs-test', level: 'silent' }),
  }
  await using queue = await createQueue(options)
  await queue.add({}, { id: 'evt_1' })
  for (const _ of ['first', 'second', 'third']) {
    await using victim = await startProcess({
      command: process.execPath,
      args: [HANGING_WORKER, redis.url, job.name],
      readyLine: /took the job/,
    })
    victim.signal('SIGKILL')
    await victim.exited
  }
  let runs = 0
  await using _ = await createJobWorker({
    ...options,
    lockMs: 300,
    process: async () => void runs++,
  })
  await eventually(() => expect(runs).toBe(1), { timeoutMs: 10_000 })
})
