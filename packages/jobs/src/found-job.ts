import type { Job, JobState } from 'bullmq'

/** What is known of a job. */
export interface FoundJob {
  readonly id: string
  readonly state: JobState | 'unknown'
  /** As it was added. */
  readonly data: unknown
  /** What its processor last reported; null before that. */
  readonly progress: unknown
  /** What its processor resolved to; null before that. */
  readonly result: unknown
  /** Attempts that have ended. */
  readonly attempts: number
  /** Why the last attempt failed; null if none has. */
  readonly failure: string | null
  readonly addedAt: Date
  /** When a delayed job will start; null in any other state. */
  readonly startsAt: Date | null
  readonly endedAt: Date | null
}

/** Characters of a failure that are shown. */
const MAX_FAILURE_LENGTH = 300

export function toFoundJob(
  job: Job,
  { state, startsAt = null }: { state: FoundJob['state']; startsAt?: Date | null },
): FoundJob {
  const { progress, finishedOn } = job
  return {
    id: job.id ?? '',
    state,
    data: job.data,
    // 0 is what BullMQ has of a job that has not reported.
    progress: progress === 0 ? null : progress,
    result: job.returnvalue ?? null,
    attempts: job.attemptsMade,
    failure: job.failedReason?.slice(0, MAX_FAILURE_LENGTH) ?? null,
    addedAt: new Date(job.timestamp),
    startsAt,
    endedAt: finishedOn ? new Date(finishedOn) : null,
  }
}
