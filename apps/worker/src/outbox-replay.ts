import { defineJob, type JobRun } from '@portcullis/jobs'
import { z } from 'zod'
import type { AccountsClient, OutboxProgress } from './accounts-client.ts'

/** Rows that one call publishes; each is one script on Redis. */
const ROWS_A_CALL = 200
/** Calls of one run at most. What is left then is the next run's. */
const CALLS_A_RUN = 100

/**
 * Announces changes of claims that were committed and not announced: accounts died in between, or Redis was away.
 * Repeating it is safe, since each change has an id. Its attempts end before the schedule's next run.
 */
export const outboxReplay = defineJob({
  name: 'outbox.replay',
  data: z.object({}),
  attempts: 3,
  backoff: { type: 'fixed', delayMs: 1_000 },
  timeoutMs: 60_000,
  retention: {
    completed: { ageMs: 3_600_000, count: 100 },
    failed: { ageMs: 7 * 24 * 3_600_000, count: 1_000 },
  },
})

/** @returns what is left for the next run. */
export async function replayOutbox(
  accounts: Pick<AccountsClient, 'publishOutbox'>,
  { signal, logger }: Pick<JobRun, 'signal' | 'logger'>,
): Promise<OutboxProgress> {
  let published = 0
  let remaining = 0
  for (let calls = 0; calls < CALLS_A_RUN; calls++) {
    const progress = await accounts.publishOutbox({ limit: ROWS_A_CALL }, signal)
    published += progress.published
    remaining = progress.remaining
    if (remaining === 0) break
  }
  if (published > 0) logger.info({ published }, 'announced what the outbox held')
  return { published, remaining }
}
