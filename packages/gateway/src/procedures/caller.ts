import type { Authentication } from '../authenticator.ts'

/** What the gateway's own procedures know of the request that called them. */
export interface Caller {
  readonly authentication: Authentication | undefined
  /** Network address of the client. */
  readonly address: string
  readonly userAgent: string | undefined
  /** Fires when the client leaves. */
  readonly signal: AbortSignal
  /** Collects what belongs into the head of the response. */
  readonly head: ResponseHead
}

export interface ResponseHead {
  /** `Set-Cookie` value of the session cookie; the last one counts. */
  cookie: string | undefined
  retryAfterSeconds: number | undefined
}
