import { setTimeout as pause } from 'node:timers/promises'
import type { JobQueue } from '@portcullis/jobs'
import type { Logger } from '@portcullis/runtime'
import { eventIdOf } from '../audit/entry.ts'
import { createWake } from '../audit/wake.ts'
import type { DeliverData } from './deliver-job.ts'
import type { Deliveries } from './deliveries.ts'
import type { Issuable } from './issue-next.ts'
import type { TrailEvent } from './security-event.ts'

export interface FeedOptions {
  readonly receiver: Issuable
  readonly deliveries: Pick<Deliveries, 'issue' | 'listPending' | 'settle'>
  readonly queue: Pick<JobQueue<DeliverData>, 'add' | 'find' | 'retry'>
  readonly logger: Logger
}

/** Gives one receiver's events to the queue, a few at a time. */
export interface Feed extends AsyncDisposable {
  /** There may be something to issue, or room for it. */
  wake(): void
}

/** Longest time between two looks at the trail, ms. */
const LOOK_MS = 1_000
/** Pause after a failure, ms. */
const RETRY_MS = 1_000
/** Between two looks whether the jobs of what is under way were lost, ms. */
const LOOK_FOR_LOST_MS = 10_000

/**
 * Issues what the trail has for a receiver until disposal. The queue is told and not asked: a job that it has lost is added
 * again, so that it may come back empty.
 */
export function startFeed({ receiver, deliveries, queue, logger }: FeedOptions): Feed {
  const ending = new AbortController()
  const wake = createWake(LOOK_MS)
  let checkedAt = Number.NEGATIVE_INFINITY

  async function step(): Promise<void> {
    if (performance.now() - checkedAt >= LOOK_FOR_LOST_MS) {
      await restoreLost()
      checkedAt = performance.now()
    }
    const { events, hasMore } = await deliveries.issue(receiver)
    for (const event of events) await submit(event)
    if (!hasMore) await wake.wait()
  }

  /** A dead letter of the same event, from before a replay, is tried again. */
  async function submit(event: TrailEvent): Promise<void> {
    const id = jobIdOf(receiver.name, event)
    if (await queue.retry(id)) return
    await queue.add({ receiver: receiver.name, number: event.number }, { id })
  }

  async function restoreLost(): Promise<void> {
    for (const { event, forMs } of await deliveries.listPending(receiver.name)) {
      const { number } = event
      const id = jobIdOf(receiver.name, event)
      const job = await queue.find(id)
      if (!job) await queue.add({ receiver: receiver.name, number }, { id })
      // No worker survived it. One that has just been issued anew may be a dead letter for a moment.
      if (job?.state === 'failed' && forMs > LOOK_FOR_LOST_MS)
        await deliveries.settle({ receiver: receiver.name, number }, 'dead', 'job failed')
    }
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await step()
      } catch (err) {
        logger.warn({ err, receiver: receiver.name }, 'events cannot be issued, it is tried again')
        await pause(RETRY_MS, undefined, { signal: ending.signal }).catch(() => undefined)
      }
    }
  }

  const running = run()
  return {
    wake: wake.set,
    async [Symbol.asyncDispose]() {
      ending.abort()
      wake[Symbol.dispose]()
      await running
    },
  }
}

const jobIdOf = (receiver: string, event: TrailEvent) => `${receiver}.${eventIdOf(event)}`
