import type { Follower } from '@portcullis/revocation'
import { systemClock } from '@portcullis/runtime'
import { MARKER_NONCE, type Trail } from './trail.ts'

/**
 * Finds out whether the newest events of the trail are in force on every instance. The worker proves it as whoever revokes
 * does: by a fence of its own, and by what each member says it has applied. So a receipt asks no trust in an originator.
 */
export async function proveNewest(
  follower: Pick<Follower, 'enforce' | 'position'>,
  trail: Trail,
  signal: AbortSignal,
): Promise<void> {
  const unproven = await trail.readUnproven()
  if (!unproven) return
  const { position, nonce } = unproven
  const place = nonce === MARKER_NONCE ? { position } : { position, nonce }
  const startedAt = systemClock.now()
  const enforced = follower.enforce({ id: 'audit', ...place, startedAt, wait: 'durable' })
  const receipt = await Promise.race([enforced, whenAborted(signal)])
  if (!receipt) return
  // Under a newer epoch it is never found out; under the same one it may be the next time.
  const isFinal = receipt.level === 'enforced' || position.epoch < follower.position.epoch
  if (isFinal) await trail.prove(unproven, receipt)
}

async function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<undefined>()
  signal.addEventListener('abort', () => resolve(undefined), { once: true })
  return promise
}
