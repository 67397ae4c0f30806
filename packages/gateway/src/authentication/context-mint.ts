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
}

/** Contexts of one session: made once for each service and used again until they are nearly over. */
export interface ContextMint {
  /**
   * @param checkedAt Where in the log the principal was found current, in this very step.
   * @param notBefore A context that was checked earlier than this place is not used again.
   */
  contextFor(audience: string, checkedAt: Position, notBefore?: Position): string | Promise<string>
}

/** A context is made anew when less than this is left of it, in milliseconds. */
const RENEW_MARGIN_MS = 30_000

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
    const options = { audience, position, sessionEndsAt }
    const { token, expiresAt } = await signer.sign(principal, options)
    const renewAt = now + (expiresAt - clock.wall()) - RENEW_MARGIN_MS
    minted.set(audience, { token, position, renewAt })
    return token
  }

  return {
    contextFor(audience, checkedAt, notBefore) {
      const ready = minted.get(audience)
      const isUsable = ready && clock.now() < ready.renewAt && isAtLeast(ready.position, notBefore)
      if (isUsable) return ready.token
      const under = minting.get(audience)
      if (under && !notBefore) return under
      const next = mint(audience, checkedAt).finally(() => minting.delete(audience))
      minting.set(audience, next)
      return next
    },
  }
}

function isAtLeast(position: Position, notBefore: Position | undefined): boolean {
  return notBefore === undefined || comparePositions(position, notBefore) >= 0
}
