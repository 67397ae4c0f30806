import type { CustomClaims, Principal } from '@portcullis/context'
import type { Freshness } from './freshness.ts'
import type { RequestLease } from './request-lease.ts'

/** What `createContext` of a tRPC server returns, alone or among a team's own values. */
export interface PortcullisContext<Custom extends CustomClaims = CustomClaims> {
  /** Who the request is for; null if nobody is signed in. */
  readonly principal: Principal<Custom> | null
  /** The service that calls, by its own assertion; null if the request came through the public door. */
  readonly caller: { readonly service: string } | null
  /**
   * Aborts, with a `Refusal` as its reason, when the client goes away, when something is said about the principal
   * in the log, and when the service shuts down and has waited long enough.
   */
  readonly signal: AbortSignal
  /** When the context behind `principal` ends, on the scale of `clock.now()`. Streams end with it. */
  readonly deadline?: number | undefined
  /** Whether the decision behind `principal` still holds. Streams put nothing out while it does not. */
  readonly lease?: RequestLease | undefined
}

/** Meta that marks procedures. */
export interface PortcullisMeta {
  /** Answers to other services only: to every trusted one, or to those listed. */
  internal?: boolean | readonly string[]
  /** How recent the proof must be that nothing was revoked unheard. Default `lease`. */
  freshness?: Freshness
}
