import { createLogger } from '@portcullis/runtime'
import { z } from 'zod'
import { createJobWorker, defineJob } from '../src/index.ts'

/** A worker that takes a job, says so and never finishes: `node hanging-worker.ts <redis url> <job name>`. */

const [redisUrl = '', name = ''] = process.argv.slice(2)
await createJobWorker({
  job: defineJob({ name, data: z.object({}) }),
  redisUrl,
  name: 'hanging-worker',
  logger: createLogger({ name: 'hanging-worker', level: 'silent' }),
  lockMs: 300,
  process: () => {
    process.stdout.write('took the job\n')
    return new Promise(() => {})
  },
})
process.stdout.write('waiting\n')
