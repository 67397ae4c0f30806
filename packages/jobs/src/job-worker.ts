import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@portcullis/runtime'
import { type Job, UnrecoverableError, Worker } from 'bullmq'
import type { z } from 'zod'
import { runAttempt } from './attempt.ts'
import { createBackoffStrategy } from './backoff.ts'
import { type Cancellation, createCancellation } from './cancellation.ts'
import { type ConnectionOptions, connect, workingOptions } from './connect.ts'
import { JobError } from './errors.ts'
import { forGood } from './for-good.ts'
import type { JobDefinition } from './job.ts'
import { DEFAULT_PREFIX } from './job-options.ts'
import { parseData } from './parse-data.ts'

export interface JobRun {
  readonly id: string
  /** From 1. */
  readonly attempt: number
  /** Aborts when the attempt takes too long, when another worker may have taken the job over, or at shutdown. */
  readonly signal: AbortSignal
  readonly logger: Logger
  /** What was last reported of this job, by an earlier attempt: where to go on. Null before that; of any form. */
  readonly progress: unknown
  /** Whether the job is to be stopped; for moments at which it can be. @throws when the queue cannot be reached. */
  isCancelled(): Promise<boolean>
  /** Says how far it has got, JSON; `JobQueue.find` shows it. @throws when the queue cannot be reached. */
  report(progress: string | number | object): Promise<void>
}

export interface JobWorkerOptions<Schema extends z.ZodType> extends ConnectionOptions {
  job: JobDefinition<string, Schema>
  /**
   * May run twice for one job, even at the same time: make it idempotent by what the job is about. What it resolves to is
   * the job's result, JSON.
   */
  process: (data: z.output<Schema>, run: JobRun) => Promise<unknown>
  logger: Logger
  /** Jobs at once in this process. Positive integer. Default 1. */
  concurrency?: number
  /** How long a worker that fell silent keeps its job, ms. Default 30_000. */
  lockMs?: number
  /** How long jobs may go on at disposal before their signals abort, ms. Default 5000. */
  graceMs?: number
  /** Default `{pc-jobs}`, as that of the queue. */
  prefix?: string
}

export interface JobWorker extends AsyncDisposable {
  /** Whether jobs can arrive now. */
  isReady(): boolean
}

/** How long closing may take once no job runs any more, ms. */
const CLOSE_TIMEOUT_MS = 1_000

/** @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when Redis was not reached in time. */
export async function createJobWorker<Schema extends z.ZodType>(
  options: JobWorkerOptions<Schema>,
): Promise<JobWorker> {
  const { job, lockMs = 30_000 } = options
  const logger = options.logger.child({ job: job.name })
  const warn = (error: Error) => logger.warn({ err: error }, 'job worker')
  const redis = await connect(options, workingOptions, warn)
  const running = new Set<Promise<unknown>>()
  const { prefix = DEFAULT_PREFIX } = options
  const cancellation = createCancellation(redis, { prefix, name: job.name })
  const process = createProcessor(options, cancellation, logger)
  const worker = new Worker(job.name, tracked(process, running), {
    connection: redis,
    prefix,
    concurrency: options.concurrency ?? 1,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // By default a second crash of any worker fails a job for good, whatever its attempts.
    maxStalledCount: job.attempts,
    settings: { backoffStrategy: createBackoffStrategy(job.backoff) },
  })
  worker.on('error', warn)
  worker.on('completed', ({ id }) => {
    if (id !== undefined) cancellation.forget(id).catch(warn)
  })
  worker.on('failed', (failed, error) => logFailure(logger, job, failed, error))
  // The lock is gone: another worker may run the job by now.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'its lock was lost')
  })

  return {
    isReady: () => redis.status === 'ready' && worker.isRunning(),
    async [Symbol.asyncDispose]() {
      const abort = () => worker.cancelAllJobs('the worker shuts down')
      const timer = setTimeout(abort, options.graceMs ?? 5_000)
      const closed = worker.close()
      await Promise.allSettled(running)
      // BullMQ waits for its connection to say that it has ended, and ioredis never does of one that it was making anew.
      await Promise.race([closed, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
      clearTimeout(timer)
      redis.disconnect()
    },
  }
}

type Processor = (running: Job, token?: string, cancelled?: AbortSignal) => Promise<unknown>

/** BullMQ hands out a signal only to a function that declares three parameters. */
function tracked(process: Processor, running: Set<Promise<unknown>>): Processor {
  return async (job, token, cancelled) => {
    const run = process(job, token, cancelled)
    running.add(run)
    try {
      return await run
    } finally {
      running.delete(run)
    }
  }
}

function createProcessor<Schema extends z.ZodType>(
  { job, process }: JobWorkerOptions<Schema>,
  cancellation: Cancellation,
  logger: Logger,
): Processor {
  return async (running, _token, cancelled) => {
    const data = parseForRun(job, running.data)
    const id = running.id ?? ''
    const attempt = running.attemptsMade + 1
    const runLogger = logger.child({ jobId: id, attempt })
    const report = (progress: string | number | object) => running.updateProgress(progress)
    // 0 is what BullMQ has of a job that has not reported.
    const progress = running.progress === 0 ? null : running.progress
    const isCancelled = () => cancellation.isAsked(id)
    const run = { id, attempt, progress, isCancelled, report, logger: runLogger }
    return runAttempt((signal) => process(data, { ...run, signal }), {
      timeoutMs: job.timeoutMs,
      cancelled,
    })
  }
}

/** Data of the wrong form does not get better by trying again. */
function parseForRun<Schema extends z.ZodType>(
  job: JobDefinition<string, Schema>,
  data: unknown,
): z.output<Schema> {
  try {
    return parseData(job, data)
  } catch (error) {
    throw forGood(error instanceof JobError ? error : new JobError('ERR_JOB_DATA_INVALID'))
  }
}

function logFailure(
  logger: Logger,
  { attempts }: JobDefinition,
  failed: Job | undefined,
  error: Error,
): void {
  const attempt = failed?.attemptsMade ?? attempts
  const details = { err: error, jobId: failed?.id, attempt, attempts }
  const isForGood = error instanceof UnrecoverableError || attempt >= attempts
  if (failed && !isForGood) logger.warn(details, 'job failed, it will be tried again')
  else logger.error(details, 'job failed for good')
}
