import type { Logger } from '@portcullis/runtime'
import { type Job, Queue } from 'bullmq'
import type { z } from 'zod'
import { createCancellation } from './cancellation.ts'
import { addingOptions, type ConnectionOptions, connect } from './connect.ts'
import { JobError } from './errors.ts'
import { type FoundJob, toFoundJob } from './found-job.ts'
import type { JobDefinition } from './job.ts'
import { type ListedState, listJobs, MAX_JOBS_LISTED, startOf } from './job-list.ts'
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
   * @param options.at The same as a moment, instead of `delayMs`; one that is over is now.
   * @throws {JobError} `ERR_JOB_DATA_INVALID`, `ERR_JOB_ID_INVALID`, `ERR_QUEUE_UNAVAILABLE`.
   */
  add(data: Data, options: { id: string; delayMs?: number; at?: Date | undefined }): Promise<void>
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
  /** Jobs by state, the last added first; at most `limit`, 1 to 1,000. */
  list(options: { states: readonly ListedState[]; limit: number }): Promise<FoundJob[]>
  /** Ends a job before it is done. @throws {JobError} `ERR_QUEUE_UNAVAILABLE` */
  cancel(id: string): Promise<Cancelled>
  /** Has a job that has not started begin at another time. False if it has, or there is none. */
  reschedule(id: string, options: { delayMs: number }): Promise<boolean>
  /** Has a job that failed for good tried again, with all its attempts. False if there is none. */
  retry(id: string): Promise<boolean>
  /** Jobs by state, as far as Redis knows. */
  count(): Promise<{ waiting: number; active: number; delayed: number; failed: number }>
}

/**
 * - `cancelled` it had not started and is gone
 * - `stopping` it is under way and will find out, see `JobRun.isCancelled`
 * - `ended` it was over
 * - `unknown` the queue does not have it
 */
export type Cancelled = 'cancelled' | 'stopping' | 'ended' | 'unknown'

const ID = /^(?!\d+$)[A-Za-z0-9._-]{1,128}$/

/** @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when Redis was not reached in time. */
export async function createQueue<Schema extends z.ZodType>(
  options: QueueOptions<Schema>,
): Promise<JobQueue<z.input<Schema>>> {
  const { job, logger } = options
  const warn = (error: Error) => logger.warn({ err: error, job: job.name }, 'job queue')
  const redis = await connect(options, addingOptions, warn)
  const { prefix = DEFAULT_PREFIX } = options
  const cancellation = createCancellation(redis, { prefix, name: job.name })
  const queue = new Queue(job.name, {
    connection: redis,
    prefix,
    defaultJobOptions: toJobOptions(job),
    skipWaitingForReady: true,
  })
  queue.on('error', warn)
  const schedules = new AsyncDisposableStack()

  /** A job in that state, for a change that BullMQ refuses if it has left it meanwhile. */
  async function changeIn(state: ListedState, id: string, change: (job: Job) => Promise<unknown>) {
    const isIn = async () => (await queue.getJobState(id)) === state
    const found = (await reach(isIn)) ? await reach(() => queue.getJob(id)) : undefined
    if (!found) return false
    try {
      await change(found)
      return true
    } catch (cause) {
      if (!(await reach(isIn))) return false
      throw new JobError('ERR_QUEUE_UNAVAILABLE', { cause })
    }
  }

  return {
    async add(data, { id, at, delayMs = 0 }) {
      const checked = check(job, data, id)
      // Both from one reading of the clock: BullMQ adds them, and the sum is the moment that was asked for.
      const timestamp = Date.now()
      const delay = at === undefined ? delayMs : Math.max(0, at.getTime() - timestamp)
      await reach(() => queue.add(job.name, checked, { jobId: id, timestamp, delay }))
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
      const startsAt = await reach(() => startOf(queue, redis, id))
      return toFoundJob(found, { state, startsAt })
    },
    list({ states, limit }) {
      if (!(limit >= 1 && limit <= MAX_JOBS_LISTED)) throw new TypeError('limit: 1 to 1,000')
      return reach(() => listJobs(queue, redis, { states, limit }))
    },
    async cancel(id) {
      const state = await reach(() => queue.getJobState(id))
      if (state === 'unknown') return state
      if (state === 'completed' || state === 'failed') return 'ended'
      await reach(() => cancellation.ask(id))
      // A job that a worker holds cannot be removed.
      const isRemoved = state !== 'active' && (await reach(() => queue.remove(id))) === 1
      if (!isRemoved) return 'stopping'
      await reach(() => cancellation.forget(id))
      return 'cancelled'
    },
    reschedule: (id, { delayMs }) => changeIn('delayed', id, (found) => found.changeDelay(delayMs)),
    retry: (id) =>
      changeIn('failed', id, (found) =>
        found.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true }),
      ),
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
