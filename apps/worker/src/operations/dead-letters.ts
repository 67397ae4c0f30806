import type { JobQueue } from '@portcullis/jobs'
import { TRPCError } from '@trpc/server'

/** A job that failed for good, or that no worker survived. Without its data. */
export interface DeadLetter {
  readonly job: string
  readonly id: string
  readonly failure: string | null
  readonly attempts: number
  /** ISO 8601. */
  readonly endedAt: string | null
}

/** A queue with what is looked at here, whatever its jobs are about. */
export type WatchedQueue = Pick<JobQueue<never>, 'count' | 'list' | 'retry'>

/** What is left of jobs that were given up. */
export interface DeadLetters {
  /** Job by job, the last added first. */
  list(limit: number): Promise<DeadLetter[]>
  /** Tries one again, with all its attempts. @throws {TRPCError} `NOT_FOUND` */
  retry(job: string, id: string): Promise<void>
}

export function createDeadLetters(queues: ReadonlyMap<string, WatchedQueue>): DeadLetters {
  return {
    async list(limit) {
      const letters: DeadLetter[] = []
      for (const [job, queue] of queues) {
        if (letters.length >= limit) break
        const found = await queue.list({ states: ['failed'], limit: limit - letters.length })
        letters.push(
          ...found.map(({ id, failure, attempts, endedAt }) => ({
            ...{ job, id, failure, attempts },
            endedAt: endedAt?.toISOString() ?? null,
          })),
        )
      }
      return letters
    },
    async retry(job, id) {
      if (await queues.get(job)?.retry(id)) return
      throw new TRPCError({ code: 'NOT_FOUND', message: 'There is no such dead letter' })
    },
  }
}
