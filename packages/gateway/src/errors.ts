import type { AssuranceLevel } from '@portcullis/context'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'

/** Every way in which the gateway itself refuses or fails. Travels as `data.portcullis.code` of a tRPC error. */
export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS

export interface GatewayErrorKind {
  /** The tRPC error code a client sees as `data.code`. */
  readonly trpc: TRPC_ERROR_CODE_KEY
  /** HTTP status. */
  readonly status: number
  readonly message: string
  /** Seconds for a `Retry-After` header; only where the same request may succeed later. */
  readonly retryAfterSeconds?: number
}

/** The one table from the gateway's codes to what goes on the wire. */
export const GATEWAY_ERRORS = {
  ERR_TARGET_INVALID: kind('BAD_REQUEST', 400, 'The request target is not a tRPC call'),
  ERR_TARGET_TOO_LONG: kind('BAD_REQUEST', 414, 'The URL is too long; send fewer calls a batch'),
  ERR_BATCH_TOO_LARGE: kind('BAD_REQUEST', 400, 'The batch has too many calls'),
  ERR_METHOD_NOT_SUPPORTED: kind('METHOD_NOT_SUPPORTED', 405, 'Only GET and POST are supported'),
  ERR_CONTENT_TYPE_UNSUPPORTED: kind(
    'UNSUPPORTED_MEDIA_TYPE',
    415,
    'Expected application/json, multipart/form-data or application/octet-stream',
  ),
  ERR_HEADERS_INVALID: kind('BAD_REQUEST', 400, 'The request headers are not acceptable'),
  ERR_HEADERS_TOO_LARGE: kind('PAYLOAD_TOO_LARGE', 431, 'The request headers are too large'),
  ERR_EXPECTATION_FAILED: kind('BAD_REQUEST', 417, 'Only 100-continue can be expected'),
  ERR_BODY_TOO_LARGE: kind('PAYLOAD_TOO_LARGE', 413, 'The request body is too large'),
  ERR_BODY_INVALID: kind('BAD_REQUEST', 400, 'The input of a batch must be a JSON object'),
  ERR_REQUEST_TIMEOUT: kind('TIMEOUT', 408, 'The request took too long to arrive'),
  ERR_ORIGIN_REFUSED: kind('FORBIDDEN', 403, 'Requests from this origin are not allowed'),
  ERR_COOKIE_DUPLICATE: kind('BAD_REQUEST', 400, 'The session cookie was sent more than once'),
  ERR_SERVICE_UNKNOWN: kind('NOT_FOUND', 404, 'No service answers to this path'),
  ERR_SERVICE_UNREACHABLE: kind('BAD_GATEWAY', 502, 'The service could not be reached'),
  ERR_SERVICE_TIMEOUT: kind('GATEWAY_TIMEOUT', 504, 'The service did not answer in time'),
  ERR_SERVICE_BUSY: later('The service has too much to do'),
  ERR_CIRCUIT_OPEN: later('The service has failed repeatedly and is not asked for a moment'),
  ERR_SERVICE_RESPONSE_INVALID: kind('BAD_GATEWAY', 502, 'The service gave an unusable answer'),
  ERR_STREAM_NOT_REQUESTED: kind(
    'BAD_REQUEST',
    406,
    'A subscription must be requested with Accept: text/event-stream',
  ),
  ERR_STREAMS_TOO_MANY: kind('TOO_MANY_REQUESTS', 429, 'Too many streams are open already'),
  ERR_STREAMS_EXHAUSTED: later('No further stream can be opened at the moment'),
  ERR_CONTEXT_STALE: later('The service knows of a newer change than this gateway'),
  ERR_UNVERIFIABLE: later('The session cannot be verified at the moment'),
  ERR_STREAM_OUTDATED: later('Something changed for this person; open the stream again'),
  ERR_CONTEXT_TOO_LARGE: kind(
    'INTERNAL_SERVER_ERROR',
    500,
    'Roles, permissions and claims of this person are too large to be forwarded',
  ),
  ERR_SESSION_REVOKED: kind('UNAUTHORIZED', 401, 'The session has ended'),
  ERR_SUBJECT_SUSPENDED: kind('FORBIDDEN', 403, 'This account is suspended'),
  ERR_SESSION_REQUIRED: kind('UNAUTHORIZED', 401, 'Sign in first'),
  ERR_SESSION_NOT_FOUND: kind('NOT_FOUND', 404, 'No such session'),
  ERR_CHANGE_ID_REUSED: kind('CONFLICT', 409, 'The id names another change'),
  ERR_SESSION_RENEWED: later('The session has a new cookie; send the call again with it'),
  ERR_ROLE_REQUIRED: kind('FORBIDDEN', 403, 'This needs a role that you do not have'),
  ERR_ASSURANCE_REQUIRED: kind('FORBIDDEN', 403, 'Confirm who you are by a further factor first'),
  ERR_MEMBERSHIP_REQUIRED: kind('FORBIDDEN', 403, 'You are not a member of this organization'),
  ERR_SIGN_IN_REFUSED: kind('UNAUTHORIZED', 401, 'Sign-in failed'),
  ERR_SECOND_FACTOR_REQUIRED: kind('FORBIDDEN', 403, 'This account asks for a second factor'),
  ERR_PROOF_REFUSED: kind('FORBIDDEN', 403, 'That does not prove who you are'),
  ERR_PASSWORD_REFUSED: kind('BAD_REQUEST', 400, 'Choose another password'),
  ERR_SIGN_IN_UNAVAILABLE: later('Sign-in is not possible at the moment'),
  ERR_CALLER_REFUSED: kind('UNAUTHORIZED', 401, 'The assertion of the calling service is refused'),
  ERR_MEMBER_FOREIGN: kind('FORBIDDEN', 403, 'A service may only speak for instances of its own'),
  ERR_REVOCATION_REFUSED: kind('FORBIDDEN', 403, 'This service may end no sessions'),
  ERR_RELAY_MISSING: kind('NOT_FOUND', 404, 'Nothing is relayed here'),
  ERR_RELAY_MALFORMED: kind('BAD_REQUEST', 400, 'What was to be relayed cannot be read'),
  ERR_RELAY_BUSY: later('Too much is being relayed at the moment'),
  ERR_RELAY_UNAVAILABLE: later('Nothing can be relayed at the moment'),
  ERR_SOCKET_MESSAGE_INVALID: kind('PARSE_ERROR', 400, 'The frame holds no tRPC message'),
  ERR_SOCKET_ID_TAKEN: kind('BAD_REQUEST', 400, 'A call with this id is under way'),
  ERR_SOCKET_CALLS_EXCEEDED: kind(
    'TOO_MANY_REQUESTS',
    429,
    'Too many calls at once on this socket',
  ),
  ERR_SOCKETS_EXCEEDED: kind('TOO_MANY_REQUESTS', 429, 'Too many sockets are open'),
  ERR_SOCKET_CLOSING: later('The gateway is closing'),
  ERR_HTTP_REQUIRED: kind(
    'METHOD_NOT_SUPPORTED',
    405,
    'This procedure sets a cookie and must be called by HTTP',
  ),
  ERR_THROTTLED: kind('TOO_MANY_REQUESTS', 429, 'Too many attempts; try again later'),
  ERR_RATE_LIMITED: kind('TOO_MANY_REQUESTS', 429, 'Too many calls; try again later'),
  ERR_INTERNAL: kind('INTERNAL_SERVER_ERROR', 500, 'Internal error'),
} satisfies Record<string, GatewayErrorKind>

export interface GatewayErrorOptions extends ErrorOptions {
  /** Overrides the table's value. */
  retryAfterSeconds?: number
  /** The level that is asked for. */
  assurance?: AssuranceLevel
}

/** Never carries a token, a cookie or a personal value: its message goes to the caller. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: GatewayErrorCode
  readonly retryAfterSeconds: number | undefined
  readonly assurance: AssuranceLevel | undefined

  constructor(code: GatewayErrorCode, options?: GatewayErrorOptions) {
    super(GATEWAY_ERRORS[code].message, options)
    this.code = code
    this.assurance = options?.assurance
    this.retryAfterSeconds = options?.retryAfterSeconds ?? this.kind.retryAfterSeconds
  }

  get kind(): GatewayErrorKind {
    return GATEWAY_ERRORS[this.code]
  }
}

/** What is not a {@link GatewayError} becomes a bare `ERR_INTERNAL` with the cause kept for the log. */
export function toGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('ERR_INTERNAL', { cause: error })
}

function kind(trpc: TRPC_ERROR_CODE_KEY, status: number, message: string): GatewayErrorKind {
  return { trpc, status, message }
}

function later(message: string): GatewayErrorKind {
  return { trpc: 'SERVICE_UNAVAILABLE', status: 503, message, retryAfterSeconds: 1 }
}
