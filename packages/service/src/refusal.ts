import type { AssuranceLevel } from '@portcullis/context'
import { type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server'

const REFUSALS = {
  ERR_CONTEXT_INVALID: ['UNAUTHORIZED', 'The forwarded context is not accepted'],
  ERR_CONTEXT_EXPIRED: ['UNAUTHORIZED', 'The forwarded context has ended'],
  ERR_ASSERTION_INVALID: ['UNAUTHORIZED', 'The assertion of the calling service is not accepted'],
  ERR_CONTEXT_STALE: ['SERVICE_UNAVAILABLE', 'The forwarded context is older than what is known'],
  ERR_UNVERIFIABLE: ['SERVICE_UNAVAILABLE', 'The request cannot be verified at the moment'],
  ERR_SESSION_REQUIRED: ['UNAUTHORIZED', 'Sign in first'],
  ERR_ROLE_REQUIRED: ['FORBIDDEN', 'A role is missing'],
  ERR_PERMISSION_REQUIRED: ['FORBIDDEN', 'A permission is missing'],
  ERR_ORGANIZATION_REQUIRED: ['FORBIDDEN', 'Choose an organization first'],
  ERR_ASSURANCE_REQUIRED: ['FORBIDDEN', 'Confirm who you are by a further factor first'],
  ERR_RECENT_SIGN_IN_REQUIRED: ['FORBIDDEN', 'Confirm who you are first'],
  ERR_CUSTOM_CLAIMS: ['FORBIDDEN', 'The custom claims are not what this service expects'],
  ERR_CALLER_REQUIRED: ['FORBIDDEN', 'This procedure answers to other services only'],
  ERR_SESSION_REVOKED: ['UNAUTHORIZED', 'The session has ended'],
  ERR_CONTEXT_REVOKED: ['SERVICE_UNAVAILABLE', 'Something changed for this person meanwhile'],
  ERR_STREAM_EXPIRED: ['SERVICE_UNAVAILABLE', 'The stream has to be opened again'],
  ERR_SOCKETS_EXCEEDED: ['TOO_MANY_REQUESTS', 'Too many sockets are open'],
  ERR_DRAINING: ['SERVICE_UNAVAILABLE', 'The service is shutting down'],
  ERR_CLIENT_GONE: ['CLIENT_CLOSED_REQUEST', 'The client has gone'],
} as const satisfies Record<string, readonly [TRPC_ERROR_CODE_KEY, string]>

/**
 * Before anything is executed:
 * - `ERR_CONTEXT_INVALID`, `ERR_CONTEXT_EXPIRED`, `ERR_ASSERTION_INVALID` what was sent is not what it should be
 * - `ERR_CONTEXT_STALE` the service knows more than the context: send a newer one
 * - `ERR_UNVERIFIABLE` keys or log cannot be read
 * - `ERR_SOCKETS_EXCEEDED` a WebSocket more than the service bears
 * - `ERR_CALLER_REQUIRED` an internal procedure, and no service that may call it
 * - `ERR_SESSION_REQUIRED`, `ERR_ROLE_REQUIRED`, `ERR_PERMISSION_REQUIRED`, `ERR_ORGANIZATION_REQUIRED`,
 *   `ERR_RECENT_SIGN_IN_REQUIRED`, `ERR_ASSURANCE_REQUIRED`, `ERR_CUSTOM_CLAIMS` the principal is not one this procedure answers to
 *
 * While it runs, as the reason of `ctx.signal`:
 * - `ERR_SESSION_REVOKED` the session has ended: clients do not open a stream again
 * - `ERR_CONTEXT_REVOKED` claims or the active organization changed, or everyone has to ask again: they do
 * - `ERR_UNVERIFIABLE` the lease did not come back: they do
 * - `ERR_STREAM_EXPIRED` the context behind a stream has ended: they do
 * - `ERR_DRAINING`, `ERR_CLIENT_GONE`
 */
export type RefusalReason = keyof typeof REFUSALS

/** What the person has to do to be answered, for a client that offers it. */
export interface StepUp {
  /** The level that is asked for. */
  readonly assurance?: AssuranceLevel
  /** How long ago, at most, the person proved who they are. */
  readonly maxAgeSeconds?: number
}

export interface RefusalOptions extends ErrorOptions {
  readonly stepUp?: StepUp
}

/** A tRPC error with the reason that clients find in `data.portcullis.code`. */
export class Refusal extends TRPCError {
  readonly reason: RefusalReason

  readonly stepUp: StepUp | undefined

  constructor(reason: RefusalReason, options?: RefusalOptions) {
    const [code, message] = REFUSALS[reason]
    super({ code, message, cause: options?.cause })
    this.reason = reason
    this.stepUp = options?.stepUp
  }
}
