import type { Position, Principal } from '@portcullis/context'
import type { CarriedPrincipal, TrackedWork } from '@portcullis/revocation'
import type { Session } from '@portcullis/sessions'

/** Turns the value of the session cookie into what the gateway may say about the caller. */
export interface Authenticator {
  /**
   * `undefined`: no or unusable cookie, or the session has ended. On a warm cache the answer is synchronous: no
   * promise, no Redis.
   *
   * @throws {GatewayError} `ERR_UNVERIFIABLE`, by rejection, when the truth cannot be reached.
   */
  authenticate(
    cookieValue: string,
  ): Authentication | undefined | Promise<Authentication | undefined>
  /** Resolves when everything said up to `position`, or without one up to this call, has been applied here. */
  catchUp(position?: Position): Promise<void>
  /** A place in the log that it has reached: the newest, or the last one known here while Redis is away. Never rejects. */
  place(): Promise<Position>
}

/** Says of whom a service has work for what holds of them now: a job outlives the request that asked for it. */
export interface Voucher {
  /**
   * A signed context for `audience`, from the truth and not from memory. `undefined`: the session has ended, or those with
   * that organization were ended since.
   *
   * @throws {GatewayError} `ERR_UNVERIFIABLE`, `ERR_SUBJECT_SUSPENDED`
   */
  vouchFor(carried: CarriedPrincipal, audience: string): Promise<string | undefined>
}

/** An authenticated caller, as of the moment at which `authenticate` answered. */
export interface Authentication {
  readonly principal: Principal
  readonly session: Session
  /**
   * The signed context for one service; a string if it is already minted.
   *
   * @param notBefore A context that was checked earlier than this place is made anew: a service said it knows more.
   * @param minLifetimeMs One that lives for less is made anew, milliseconds.
   */
  contextFor(
    audience: string,
    notBefore?: Position,
    minLifetimeMs?: number,
  ): string | Promise<string>
  /** False once anything said since makes it stale. Synchronous. */
  isCurrent(): boolean
  /** Aborts, with a `WorkEnded`, in the very step in which something is said that makes it stale. Dispose it when done. */
  watch(): TrackedWork
  /** Milliseconds until the session's absolute end; 0 or less when it is over. */
  remainingMs(): number
}
