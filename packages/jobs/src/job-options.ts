import type { DefaultJobOptions } from 'bullmq'
import { toBackoffOptions } from './backoff.ts'
import type { JobDefinition, Retention } from './job.ts'

/** Every key of the queues; the hash tag keeps them in one slot, which BullMQ's scripts need on a cluster. */
export const DEFAULT_PREFIX = '{pc-jobs}'

/** Traces of failed attempts that are kept with a job: the last ones. */
const TRACES_KEPT = 3

/** A job of its own and one made by a schedule get the same treatment. */
export function toJobOptions(job: JobDefinition): DefaultJobOptions {
  return {
    attempts: job.attempts,
    backoff: toBackoffOptions(job.backoff),
    stackTraceLimit: TRACES_KEPT,
    removeOnComplete: toKeepJobs(job.retention.completed),
    removeOnFail: toKeepJobs(job.retention.failed),
  }
}

function toKeepJobs({ ageMs, count }: Retention) {
  return { age: Math.ceil(ageMs / 1_000), count }
}
