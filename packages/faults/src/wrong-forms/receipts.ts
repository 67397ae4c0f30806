import { setTimeout as pause } from 'node:timers/promises'
import {
  type Change,
  DEFAULT_CLOCK_BOUNDS,
  type Follower,
  type Receipt,
} from '@portcullis/revocation'

/** How a revoker finds out that a change is in force. */
export type Enforcing = (follower: Follower, change: Change) => Promise<Receipt>

export const enforcedRightly: Enforcing = (follower, change) => follower.enforce(change)

/** Counts the lease that others may hold from the commit, whoever has the change by then. */
export const waitedFromCommit: Enforcing = async (follower, change) => {
  const { rho, epsilonMs } = DEFAULT_CLOCK_BOUNDS
  await pause(follower.leaseMs * (1 + rho) + epsilonMs)
  return receiptOf(change)
}

/** Waits for a majority, and for nobody who may still hold a lease. */
export const reportedAtMajority: Enforcing = async (follower, change) => {
  const receipt = await follower.enforce({ ...change, wait: 'majority' })
  return receipt.level === 'pending' ? { ...receipt, level: 'enforced' } : receipt
}

function receiptOf({ id, position, startedAt }: Change): Receipt {
  const tookMs = performance.now() - startedAt
  return { level: 'enforced', durable: false, id, position, tookMs, instances: [] }
}
