import type { Follower } from '@portcullis/revocation'
import { systemClock } from '@portcullis/runtime'
import type { Trail } from './trail.ts'

/**
 * Finds out whether the newest events of the trail are in force on every instance, one epoch at a time. The worker proves it
 * as whoever revokes does: by a fence of its own, and by what each member says it has applied. So a receipt asks no trust in
 * an originator.
 */
export async function proveNewest(
  follower: Pick<Follower, 'enforce' | 'position'>,
  trail: Trail,
  signal: AbortSignal,
): Promise<void> {
  const unproven = await trail.readUnproven()
  if (!unproven) return
  const { position, hasEnded } = unproven
  const startedAt = systemClock.now()
  const enforced = follower.enforce({ id: 'audit', ...unproven, startedAt, wait: 'durable' })
  const receipt = await untilAborted(enforced, signal)
  if (!receipt) return
  // Under a newer epoch it is never found out; under the same one it may be the next time.
  const isOver = hasEnded || position.epoch < follower.position.epoch
  const isFinal = receipt.level === 'enforced' || isOver
  if (isFinal) await trail.prove(unproven, receipt)
}

/** Undefined if it is aborted first. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal) {
  const aborted = Promise.withResolvers<undefined>()
  const abort = () => aborted.resolve(undefined)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
