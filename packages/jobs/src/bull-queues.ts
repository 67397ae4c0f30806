import type { Logger } from '@portcullis/runtime'
import { Queue } from 'bullmq'
import { addingOptions, type ConnectionOptions, connect } from './connect.ts'
import { DEFAULT_PREFIX } from './job-options.ts'

export interface BullQueuesOptions extends ConnectionOptions {
  /** Names of the jobs whose queues they are. */
  names: readonly string[]
  logger: Logger
  /** Default `{pc-jobs}`, as that of the queues. */
  prefix?: string
}

export interface BullQueues extends AsyncDisposable {
  readonly queues: readonly Queue[]
}

/**
 * The queues as BullMQ has them, for tools that are made for it, such as a dashboard. What is added through them is checked by
 * nobody: that is what `createQueue` is for.
 *
 * @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when Redis was not reached in time.
 */
export async function openBullQueues(options: BullQueuesOptions): Promise<BullQueues> {
  const { names, logger, prefix = DEFAULT_PREFIX } = options
  const warn = (error: Error) => logger.warn({ err: error }, 'job queues')
  const redis = await connect(options, addingOptions, warn)
  const queues = names.map((name) => {
    const queue = new Queue(name, { connection: redis, prefix, skipWaitingForReady: true })
    queue.on('error', warn)
    return queue
  })
  return {
    queues,
    async [Symbol.asyncDispose]() {
      await Promise.all(queues.map((queue) => queue.close()))
      redis.disconnect()
    },
  }
}
