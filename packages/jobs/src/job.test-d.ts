import { createLogger } from '@portcullis/runtime'
import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { createJobWorker, createQueue, defineJob } from './index.ts'

const job = defineJob({
  name: 'mail.send',
  data: z.object({ to: z.string(), tries: z.number().default(1) }),
})
const connection = { redisUrl: 'redis://x', name: 'types', logger: createLogger({ name: 'types' }) }

it('a queue takes what the schema accepts, a worker gets what it makes of it', () => {
  const openQueue = () => createQueue({ job, ...connection })
  type Queue = Awaited<ReturnType<typeof openQueue>>
  expectTypeOf<Parameters<Queue['add']>[0]>().toEqualTypeOf<{
    to: string
    tries?: number | undefined
  }>()
  const openWorker = () =>
    createJobWorker({
      job,
      ...connection,
      process: async (data) => {
        expectTypeOf(data).toEqualTypeOf<{ to: string; tries: number }>()
      },
    })
  expectTypeOf(openWorker).toBeFunction()
})
