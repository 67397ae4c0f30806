import type { Change, FillPoint, Follower, ReceiptLevel, ReceiptWait } from '@portcullis/revocation'
import { systemClock } from '@portcullis/runtime'

/** What an instance knows of who has applied its events. */
export type Enforcer = Pick<Follower, 'instance' | 'position' | 'leaseMs' | 'enforce'>

/** How much longer than a lease a receipt may take: its proof is a few round trips, ms. */
const PROOF_MS = 500

/**
 * How far an event has got, at the latest one lease from now: `pending` as soon as no failover of a minority can undo it,
 * `enforced` when nobody decides on what was before. Never rejects.
 *
 * @param wait `majority` to be content with `pending`.
 */
export async function awaitEnforcement(
  enforcer: Enforcer,
  { id, ...point }: FillPoint & Pick<Change, 'id' | 'proof'>,
  wait: ReceiptWait = 'enforced',
): Promise<ReceiptLevel> {
  const change = { id, ...point, startedAt: systemClock.now() }
  let level: ReceiptLevel = 'indeterminate'
  const work = async () => {
    level = (await enforcer.enforce({ ...change, wait: 'majority' })).level
    if (level === 'pending' && wait !== 'majority') level = (await enforcer.enforce(change)).level
  }
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, enforcer.leaseMs + PROOF_MS)
  await Promise.race([work(), late.promise])
  clearTimeout(timer)
  return level
}
