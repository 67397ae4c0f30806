import type { Clock } from '@portcullis/runtime'

/** How clocks may err. */
export interface ClockBounds {
  /** Largest difference of the rates of two hosts' clocks, as a share. Default 0.01. */
  readonly rho: number
  /** What a decision may take, in milliseconds. Default 50. */
  readonly epsilonMs: number
}

export const DEFAULT_CLOCK_BOUNDS: ClockBounds = { rho: 0.01, epsilonMs: 50 }

/** How long to wait on one's own clock until a lease of `leaseMs` has ended on every other. */
export function waitOutMs(leaseMs: number, { rho, epsilonMs }: ClockBounds): number {
  return leaseMs * (1 + rho) + epsilonMs
}

/** The instant at which a fence is sent, by both clocks. */
export interface SendInstant {
  readonly now: number
  readonly wall: number
}

/** How long the last proof of freshness allows to decide from memory. */
export interface Lease {
  readonly lengthMs: number
  /** On the monotonic clock; in the past if there is none. */
  readonly endsAt: number
  /** To be read before a fence is sent. */
  instant(): SendInstant
  /** Counts from the instant of sending: nothing acknowledged before it can be missing. Never shortens. */
  grant(sent: SendInstant): void
  /**
   * Whether a decision may be taken now. Compares clocks at this very moment, as a timer would be late after a pause.
   *
   * @param relaxedMs How much longer the caller accepts, milliseconds.
   */
  isHeld(relaxedMs?: number): boolean
  /** Gives it up for good. */
  end(): void
}

/** How far the two clocks may drift apart during one lease before it counts as a suspension, in milliseconds. */
const LARGEST_DRIFT_MS = 500

export function createLease(lengthMs: number, clock: Clock): Lease {
  if (!(lengthMs > 0)) throw new TypeError('leaseMs must be positive')
  let endsAt = Number.NEGATIVE_INFINITY
  let offset = 0
  let ended = false

  return {
    lengthMs,
    get endsAt() {
      return endsAt
    },
    instant: () => ({ now: clock.now(), wall: clock.wall() }),

    grant(sent) {
      if (ended) return
      endsAt = Math.max(endsAt, sent.now + lengthMs)
      offset = sent.wall - sent.now
    },

    isHeld(relaxedMs = 0) {
      const now = clock.now()
      if (now >= endsAt + relaxedMs) return false
      // The monotonic clock stands still while a host is suspended, the other one does not.
      return Math.abs(clock.wall() - now - offset) <= LARGEST_DRIFT_MS
    },

    end() {
      ended = true
      endsAt = Number.NEGATIVE_INFINITY
    },
  }
}
