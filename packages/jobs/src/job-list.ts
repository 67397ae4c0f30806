import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { type FoundJob, toFoundJob } from './found-job.ts'

/** States in which jobs are listed. */
export type ListedState = 'active' | 'waiting' | 'delayed' | 'failed' | 'completed'

/** Jobs in one list at most. */
export const MAX_JOBS_LISTED = 1_000

/** BullMQ keeps when a job starts, in milliseconds, with a counter of 12 bits behind it. */
const SCORES_A_MS = 4_096

/** Jobs of these states, one state after the other, the last added first. */
export async function listJobs(
  queue: Queue,
  redis: Redis,
  { states, limit }: { states: readonly ListedState[]; limit: number },
): Promise<FoundJob[]> {
  const found: FoundJob[] = []
  for (const state of states) {
    const left = limit - found.length
    if (left <= 0) break
    const jobs = await queue.getJobs([state], 0, left - 1, false)
    for (const job of jobs) {
      const startsAt = state === 'delayed' ? await startOf(queue, redis, job.id ?? '') : null
      found.push(toFoundJob(job, { state, startsAt }))
    }
  }
  return found
}

/** Of a delayed job; null for any other. */
export async function startOf(queue: Queue, redis: Redis, id: string): Promise<Date | null> {
  const score = await redis.zscore(queue.toKey('delayed'), id)
  return score === null ? null : new Date(Math.floor(Number(score) / SCORES_A_MS))
}
