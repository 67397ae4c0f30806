import {
  type ContextSigner,
  comparePositions,
  type Position,
  type Principal,
} from '@portcullis/context'
import type { Clock } from '@portcullis/runtime'

interface Minted {
  readonly token: string
  /** The place in the log at which the principal was checked. */
  readonly position: Position
  /** Monotonic; from then on a fresh one is made. */
  readonly renewAt: number
  /** Wall clock less monotonic clock when it was made. */
  readonly offset: number
}

/** Contexts of one session: made once for each service and used again until they are nearly over. */
export interface ContextMint {
  /**
   * @param checkedAt Where in the log the principal was found current, in this very step; asked if one is made.
   * @param notBefore A context that was checked earlier than this place is not used again.
   * @param minLifetimeMs Nor is one that lives for less, unless the session itself does; milliseconds.
   */
  contextFor(
    audience: string,
    checkedAt: () => Position,
    notBefore?: Position,
    minLifetimeMs?: number,
  ): string | Promise<string>
}

/** A context is made anew when less than this is left of it, in milliseconds. */
const RENEW_MARGIN_MS = 30_000
/** How far the wall clock may be set before contexts are made anew, in milliseconds. */
const LARGEST_CLOCK_STEP_MS = 1_000

export function createContextMint(
  signer: ContextSigner,
  clock: Clock,
  principal: Principal,
  sessionEndsAt: number,
): ContextMint {
  const minted = new Map<string, Minted>()
  const minting = new Map<string, Promise<string>>()

  async function mint(audience: string, position: Position) {
    const now = clock.now()
    const offset = clock.wall() - now
    const options = { audience, position, sessionEndsAt }
    const { token, expiresAt } = await signer.sign(principal, options)
    const renewAt = now + (expiresAt - clock.wall()) - RENEW_MARGIN_MS
    minted.set(audience, { token, position, renewAt, offset })
    return token
  }

  /** A context that was made while the wall clock was wrong is refused by services whose clock is right. */
  function isInTime({ renewAt, offset }: Minted, minLifetimeMs: number) {
    const now = clock.now()
    const lifetimeMs = renewAt + RENEW_MARGIN_MS - now
    return (
      now < renewAt &&
      lifetimeMs >= minLifetimeMs &&
      Math.abs(clock.wall() - now - offset) <= LARGEST_CLOCK_STEP_MS
    )
  }

  return {
    contextFor(audience, checkedAt, notBefore, minLifetimeMs = 0) {
      const ready = minted.get(audience)
      const isUsable =
        ready && isInTime(ready, minLifetimeMs) && isAtLeast(ready.position, notBefore)
      if (isUsable) return ready.token
      const under = minting.get(audience)
      if (under && !notBefore) return under
      const next = mint(audience, checkedAt()).finally(() => minting.delete(audience))
      minting.set(audience, next)
      return next
    },
  }
}

function isAtLeast(position: Position, notBefore: Position | undefined): boolean {
  return notBefore === undefined || comparePositions(position, notBefore) >= 0
}
