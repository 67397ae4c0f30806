import { setTimeout as pause } from 'node:timers/promises'
import { defineJob, type JobRun } from '@portcullis/jobs'
import { z } from 'zod'
import type { AccountsClient } from './accounts-client.ts'

/** People that one call fills; each is an outbox row and then an event. */
const PEOPLE_A_CALL = 100

/**
 * Gives everybody a claim that was declared anew: one event a person, so that live sessions have it without a new sign-in.
 * Where it has got to stands in accounts, so a run that was broken off is resumed and a repeated one changes nothing.
 */
export const claimsFill = defineJob({
  name: 'claims.fill',
  data: z.object({
    /** Version of the declared claims. */
    definition: z.int().positive(),
    /** People a second at most. */
    perSecond: z.int().min(1).max(10_000).default(500),
  }),
  attempts: 100,
  backoff: { type: 'fixed', delayMs: 5_000 },
  timeoutMs: 3_600_000,
})

/** How far a run has got; also its result. */
export interface FillProgress {
  /** By this attempt. */
  filled: number
  remaining: number
}

/** Fills and announces until nobody remains, at the pace that is asked for. */
export async function fillAll(
  accounts: Pick<AccountsClient, 'fillClaims' | 'publishOutbox'>,
  { perSecond }: { perSecond: number },
  { signal, report }: Pick<JobRun, 'signal' | 'report'>,
): Promise<FillProgress> {
  const progress: FillProgress = { filled: 0, remaining: 0 }
  const limit = Math.min(PEOPLE_A_CALL, perSecond)
  for (;;) {
    const from = performance.now()
    const { filled, remaining } = await accounts.fillClaims({ limit }, signal)
    if (filled > 0) await accounts.publishOutbox({ limit: filled }, signal)
    progress.filled += filled
    progress.remaining = remaining
    await report(progress)
    if (remaining === 0) return progress
    const dueMs = (1_000 * limit) / perSecond
    await pause(Math.max(0, dueMs - (performance.now() - from)), undefined, { signal })
  }
}
