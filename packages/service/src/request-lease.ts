import type { Follower } from '@portcullis/revocation'
import { type Clock, systemClock } from '@portcullis/runtime'
import { type Allowance, LEASE } from './freshness.ts'
import { Refusal } from './refusal.ts'

/** Whether what was decided for a request may still be acted upon. */
export interface RequestLease {
  /** At this very moment. Synchronous. */
  isHeld(): boolean
  /**
   * Resolves when it is held again.
   *
   * @throws {Refusal} `ERR_UNVERIFIABLE` when that takes longer than `streamLeaseWaitMs`.
   */
  whenHeld(): Promise<void>
}

/** The lease of this instance, as requests of each allowance see it. */
export interface RequestLeases extends Disposable {
  of(allowance: Allowance): RequestLease
}

interface Waiting {
  readonly allowance: Allowance
  readonly endsAt: number
  readonly resolve: () => void
  readonly reject: (refusal: Refusal) => void
}

/** Looks in one lease at whether it is back, while somebody waits; the follower fences by itself. */
const LOOKS_PER_LEASE = 32

/** @param waitMs How long somebody waits at most. */
export function createRequestLeases(
  follower: Follower,
  { waitMs, clock = systemClock }: { readonly waitMs: number; readonly clock?: Clock },
): RequestLeases {
  const waiting = new Set<Waiting>()
  const byAllowance = new Map<Allowance, RequestLease>()
  let timer: NodeJS.Timeout | undefined

  function look() {
    const now = clock.now()
    for (const waiter of waiting) {
      if (follower.isFresh(waiter.allowance)) waiter.resolve()
      else if (now >= waiter.endsAt) waiter.reject(new Refusal('ERR_UNVERIFIABLE'))
      else continue
      waiting.delete(waiter)
    }
    if (waiting.size === 0) stop()
  }

  function stop() {
    clearInterval(timer)
    timer = undefined
  }

  function create(allowance: Allowance): RequestLease {
    return {
      isHeld: () => follower.isFresh(allowance),
      whenHeld: () =>
        new Promise((resolve, reject) => {
          waiting.add({ allowance, endsAt: clock.now() + waitMs, resolve, reject })
          timer ??= setInterval(look, follower.leaseMs / LOOKS_PER_LEASE).unref()
        }),
    }
  }

  return {
    of(asked) {
      // What a strict request was decided upon holds as long as the lease that its fence brought.
      const allowance = Math.max(LEASE, Math.min(asked, follower.longestRelaxedMs))
      const known = byAllowance.get(allowance)
      if (known) return known
      const lease = create(allowance)
      byAllowance.set(allowance, lease)
      return lease
    },
    [Symbol.dispose]: stop,
  }
}
