import { claimsOf } from './claims.ts'
import type { ClockLike } from './clock.ts'
import { ContextError } from './errors.ts'
import type { KeyRing } from './key-ring.ts'
import type { Position } from './position.ts'
import type { Principal } from './principal.ts'
import { MAX_TOKEN_LENGTH, signToken } from './token.ts'

/** Who makes contexts unless a signer says otherwise. */
export const CONTEXT_ISSUER = 'gateway'

/** Milliseconds a context lives unless its session ends before. */
export const CONTEXT_LIFETIME_MS = 300_000

export interface ContextSignerOptions {
  keyRing: KeyRing
  /** Default `gateway`. */
  issuer?: string
  /** Whole seconds in milliseconds, 1 to 300 of them: verifiers refuse what is older. Default 300,000. */
  lifetimeMs?: number
  clock: ClockLike
}

export interface SignContextOptions {
  /** The one service that may accept it. */
  audience: string
  /** The place in the log at which the principal was checked, read in the same synchronous step. */
  position: Position
  /** When the session ends at the latest, milliseconds since 1970. */
  sessionEndsAt: number
}

export interface ContextSigner {
  /**
   * Signs what `audience` may know of the person. It ends after the lifetime or with the session, in whole seconds.
   * @throws {ContextError} `ERR_CONTEXT_EXPIRED` when the session has ended, `ERR_CONTEXT_TOO_LARGE` when the
   * principal does not fit into `MAX_TOKEN_LENGTH` characters.
   */
  sign(
    principal: Principal,
    options: SignContextOptions,
  ): Promise<{ token: string /** Milliseconds since 1970. */; expiresAt: number }>
}

/** @throws {TypeError} when `lifetimeMs` is out of range. */
export function createContextSigner(options: ContextSignerOptions): ContextSigner {
  const { keyRing, clock, issuer = CONTEXT_ISSUER, lifetimeMs = CONTEXT_LIFETIME_MS } = options
  if (!(lifetimeMs >= 1000 && lifetimeMs <= CONTEXT_LIFETIME_MS && lifetimeMs % 1000 === 0))
    throw new TypeError('`lifetimeMs` must be whole seconds between 1,000 and 300,000')

  return {
    async sign(principal, { audience, position, sessionEndsAt }) {
      const wall = clock.wall()
      if (sessionEndsAt <= wall) throw new ContextError('ERR_CONTEXT_EXPIRED')
      const exp = Math.floor(Math.min(wall + lifetimeMs, sessionEndsAt) / 1000)
      const times = { iat: Math.floor(wall / 1000), exp }
      const claims = { iss: issuer, aud: audience, ...times, ...claimsOf(principal, position) }
      const token = await signToken(claims, 'ctx+jwt', keyRing.signing)
      if (token.length > MAX_TOKEN_LENGTH) throw new ContextError('ERR_CONTEXT_TOO_LARGE')
      return { token, expiresAt: exp * 1000 }
    },
  }
}
