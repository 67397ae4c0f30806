import type { Logger } from '@portcullis/runtime'
import { type JobState, Queue } from 'bullmq'
import type { z } from 'zod'
import { addingOptions, type ConnectionOptions, connect } from './connect.ts'
import { JobError } from './errors.ts'
import type { JobDefinition } from './job.ts'
import { DEFAULT_PREFIX, toJobOptions } from './job-options.ts'
import { parseData } from './parse-data.ts'
import { keepSchedule } from './schedule.ts'

export interface QueueOptions<Schema extends z.ZodType> extends ConnectionOptions {
  job: JobDefinition<string, Schema>
  logger: Logger
  /** First part of every key. On a cluster it needs a hash tag. Default `{pc-jobs}`. */
  prefix?: string
}

export interface JobQueue<Data> extends AsyncDisposable {
  /**
   * Adds a job. An id that the queue still keeps is not added again, so repeating is safe.
   *
   * @param options.id 1 to 128 characters of `A-Z a-z 0-9 . _ -`, not a number. Use the id of what the job is about.
   * @param options.delayMs Do not start earlier. Default 0.
   * @throws {JobError} `ERR_JOB_DATA_INVALID`, `ERR_JOB_ID_INVALID`, `ERR_QUEUE_UNAVAILABLE`.
   */
  add(data: Data, options: { id: string; delayMs?: number }): Promise<void>
  /**
   * Runs a job now and then every `everyMs`. There is one schedule of an id, whoever sets it and however often. It is set
   * again after each reconnect and once a minute, since a Redis without persistence forgets it, until this queue is
   * disposed of; it stays in Redis after that.
   *
   * @throws {JobError} as `add`.
   */
  schedule(data: Data, options: { id: string; everyMs: number }): Promise<void>
  /** A job that the queue has or still keeps; null for another id. */
  find(id: string): Promise<FoundJob | null>
  /** Jobs by state, as far as Redis knows. */
  count(): Promise<{ waiting: number; active: number; delayed: number; failed: number }>
}

/** What is known of a job. */
export interface FoundJob {
  readonly state: JobState | 'unknown'
  /** What its processor last reported; null before that. */
  readonly progress: unknown
  /** What its processor resolved to; null before that. */
  readonly result: unknown
  /** Attempts that have ended. */
  readonly attempts: number
}

const ID = /^(?!\d+$)[A-Za-z0-9._-]{1,128}$/

/** @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when Redis was not reached in time. */
export async function createQueue<Schema extends z.ZodType>(
  options: QueueOptions<Schema>,
): Promise<JobQueue<z.input<Schema>>> {
  const { job, logger } = options
  const warn = (error: Error) => logger.warn({ err: error, job: job.name }, 'job queue')
  const redis = await connect(options, addingOptions, warn)
  const queue = new Queue(job.name, {
    connection: redis,
    prefix: options.prefix ?? DEFAULT_PREFIX,
    defaultJobOptions: toJobOptions(job),
    skipWaitingForReady: true,
  })
  queue.on('error', warn)
  const schedules = new AsyncDisposableStack()

  return {
    async add(data, { id, delayMs = 0 }) {
      const checked = check(job, data, id)
      await reach(() => queue.add(job.name, checked, { jobId: id, delay: delayMs }))
    },
    async schedule(data, { id, everyMs }) {
      const template = { name: job.name, data: check(job, data, id), opts: toJobOptions(job) }
      const assert = () => reach(() => queue.upsertJobScheduler(id, { every: everyMs }, template))
      await assert()
      schedules.use(keepSchedule({ redis, assert, onError: warn }))
    },
    async find(id) {
      // The state first: of a job that has completed by then the result is there.
      const state = await reach(() => queue.getJobState(id))
      const found = await reach(() => queue.getJob(id))
      if (!found) return null
      const { returnvalue: result, attemptsMade: attempts } = found
      // What BullMQ has of a job that has not reported.
      const progress = found.progress === 0 ? null : found.progress
      return { state, progress, result: result ?? null, attempts }
    },
    async count() {
      const counts = await reach(() => queue.getJobCounts())
      const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts
      return { waiting, active, delayed, failed }
    },
    async [Symbol.asyncDispose]() {
      await schedules.disposeAsync()
      await queue.close()
      redis.disconnect()
    },
  }
}

/** What goes into Redis is what came in: a schema that transforms does so where the job runs. */
function check(job: JobDefinition, data: unknown, id: string): unknown {
  if (!ID.test(id)) throw new JobError('ERR_JOB_ID_INVALID')
  parseData(job, data)
  return data
}

async function reach<Result>(command: () => Promise<Result>): Promise<Result> {
  try {
    return await command()
  } catch (error) {
    throw new JobError('ERR_QUEUE_UNAVAILABLE', { cause: error })
  }
}
