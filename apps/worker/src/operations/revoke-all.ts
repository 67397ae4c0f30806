import { forGood, type JobRun } from '@portcullis/jobs'
import { type GatewayRevoker, RevocationError, type RevokedSessions } from '@portcullis/revocation'
import type { AccountsClient } from '../accounts-client.ts'
import { WorkerError } from '../errors.ts'
import {
  addReceipts,
  beginProgress,
  progressSchema,
  type RevocationProgress,
  type RevocationResult,
} from './progress.ts'
import type { RevocationData } from './revoke-job.ts'
import { nextSteps, type Step } from './steps.ts'

export interface RevokeAllOptions {
  readonly revoker: GatewayRevoker
  readonly accounts: Pick<AccountsClient, 'listMembers'>
}

/**
 * Ends one after another until nobody is left or it is cancelled. Goes on behind what was last reported; what was done and
 * not reported is done again under the same names, and changes nothing.
 *
 * @throws {WorkerError} `ERR_REVOCATION_UNCERTAIN` when it is unknown whether a step took effect: it is to be repeated.
 */
export async function revokeAll(
  { revoker, accounts }: RevokeAllOptions,
  data: RevocationData,
  run: Pick<JobRun, 'progress' | 'isCancelled' | 'report' | 'signal'>,
): Promise<RevocationResult> {
  let progress = resume(data, run.progress)
  for (;;) {
    run.signal.throwIfAborted()
    if (await run.isCancelled()) return resultOf('cancelled', progress)
    const { steps, after } = await nextSteps(accounts, data, progress, run.signal)
    if (steps.length === 0) return resultOf('done', progress)
    const receipts = await takeSteps(revoker, steps, data)
    progress = { ...addReceipts(progress, receipts), after }
    await run.report(progress)
  }
}

function resume({ target }: RevocationData, reported: unknown): RevocationProgress {
  const known = progressSchema.safeParse(reported)
  if (known.success) return known.data
  return beginProgress('selectors' in target ? target.selectors.length : null)
}

/** All of them have ended when it throws: nothing of a failed attempt goes on beside the next one. */
async function takeSteps(
  revoker: GatewayRevoker,
  steps: readonly Step[],
  { reason, by: actor }: RevocationData,
): Promise<RevokedSessions[]> {
  const taken = await Promise.allSettled(
    steps.map(({ id, selector }) => revoker.revoke(selector, { id, reason, actor })),
  )
  return taken.map((step) => {
    if (step.status === 'rejected') throw explain(step.reason)
    if (step.value.level === 'indeterminate') throw new WorkerError('ERR_REVOCATION_UNCERTAIN')
    return step.value
  })
}

/** No repetition makes another change of an id that is taken. */
function explain(error: unknown): unknown {
  const isHopeless = error instanceof RevocationError && error.code === 'ERR_CHANGE_ID_REUSED'
  return isHopeless ? forGood(error) : error
}

function resultOf(
  outcome: RevocationResult['outcome'],
  { after: _, ...reached }: RevocationProgress,
): RevocationResult {
  return { outcome, ...reached }
}
