import { createLogger } from '@portcullis/runtime'
import { startRedis } from '@portcullis/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createJobWorker, defineJob } from '../src/index.ts'

const logger = createLogger({ name: 'jobs-test', level: 'silent' })

async function startIdleWorker(redisUrl: string) {
  const job = defineJob({ name: 'idle', data: z.object({}) })
  const worker = await createJobWorker({
    job,
    redisUrl,
    name: 'jobs-test',
    logger,
    process: async () => undefined,
  })
  return {
    async close(): Promise<number> {
      const startedAt = performance.now()
      await worker[Symbol.asyncDispose]()
      return performance.now() - startedAt
    },
  }
}

describe('a worker without a job closes within two seconds', () => {
  it('while Redis is away', async () => {
    await using redis = await startRedis()
    const worker = await startIdleWorker(redis.url)
    await redis.stop()
    expect(await worker.close()).toBeLessThan(2_000)
  })

  it('while its connections are made anew', async () => {
    await using redis = await startRedis()
    const worker = await startIdleWorker(redis.url)
    await redis.stop()
    await redis.restart()
    expect(await worker.close()).toBeLessThan(2_000)
  })
})
