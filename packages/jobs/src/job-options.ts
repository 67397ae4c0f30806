import type { DefaultJobOptions } from 'bullmq'
import type { JobDefinition, Retention } from './job.ts'

/** Every key of the queues; the hash tag keeps them in one slot, which BullMQ's scripts need on a cluster. */
export const DEFAULT_PREFIX = '{pc-jobs}'

/** A job of its own and one made by a schedule get the same treatment. */
export function toJobOptions(job: JobDefinition): DefaultJobOptions {
  return {
    attempts: job.attempts,
    backoff: { type: job.backoff.type, delay: job.backoff.delayMs },
    removeOnComplete: toKeepJobs(job.retention.completed),
    removeOnFail: toKeepJobs(job.retention.failed),
  }
}

function toKeepJobs({ ageMs, count }: Retention) {
  return { age: Math.ceil(ageMs / 1_000), count }
}
