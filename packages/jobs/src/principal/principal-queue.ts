import type { z } from 'zod'
import { createQueue, type JobQueue, type QueueOptions } from '../queue.ts'
import type { Carrier, PrincipalJob } from './principal-job.ts'

export interface PrincipalQueueOptions<Schema extends z.ZodType>
  extends Omit<QueueOptions<Schema>, 'job'> {
  job: PrincipalJob<string, Schema>
}

export interface PrincipalQueue<Data>
  extends AsyncDisposable,
    Pick<JobQueue<never>, 'count' | 'find'> {
  /**
   * As `JobQueue.add`.
   *
   * @param options.for On whose behalf, see `carrierOf`.
   */
  add(data: Data, options: { id: string; for: Carrier; delayMs?: number }): Promise<void>
}

/** @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when Redis was not reached in time. */
export async function createPrincipalQueue<Schema extends z.ZodType>(
  options: PrincipalQueueOptions<Schema>,
): Promise<PrincipalQueue<z.input<Schema>>> {
  const { job, ...others } = options
  const queue = await createQueue<z.ZodType>({ ...others, job: job.envelope })
  return {
    add: (data, { for: carrier, ...how }) => queue.add({ for: carrier, data }, how),
    count: queue.count,
    find: queue.find,
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  }
}
