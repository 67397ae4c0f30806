/**
 * - `ERR_CONTEXT_MALFORMED` not a compact JWS, or longer than `MAX_TOKEN_LENGTH`
 * - `ERR_CONTEXT_SIGNATURE` signature, algorithm or key id not accepted
 * - `ERR_CONTEXT_TYPE` a token of another kind
 * - `ERR_CONTEXT_EXPIRED` ended, or older than a context may be
 * - `ERR_CONTEXT_AUDIENCE` made for another service
 * - `ERR_CONTEXT_EARLY` signed in the future
 * - `ERR_CONTEXT_CLAIMS` another issuer, or a claim is missing or ill-formed
 * - `ERR_CONTEXT_TOO_LARGE` a principal that does not fit into a token; while signing
 * - `ERR_ASSERTION_INVALID` an assertion that fails any of this, or whose issuer is not trusted
 * - `ERR_KEYS_UNAVAILABLE` the keys could not be fetched: nothing is known about the token
 */
export type ContextErrorCode =
  | 'ERR_CONTEXT_MALFORMED'
  | 'ERR_CONTEXT_SIGNATURE'
  | 'ERR_CONTEXT_TYPE'
  | 'ERR_CONTEXT_EXPIRED'
  | 'ERR_CONTEXT_AUDIENCE'
  | 'ERR_CONTEXT_EARLY'
  | 'ERR_CONTEXT_CLAIMS'
  | 'ERR_CONTEXT_TOO_LARGE'
  | 'ERR_ASSERTION_INVALID'
  | 'ERR_KEYS_UNAVAILABLE'

const MESSAGES: Record<ContextErrorCode, string> = {
  ERR_CONTEXT_MALFORMED: 'The token is not a compact JWS of acceptable length',
  ERR_CONTEXT_SIGNATURE: 'The signature, algorithm or key of the token is not accepted',
  ERR_CONTEXT_TYPE: 'The token is of another kind',
  ERR_CONTEXT_EXPIRED: 'The token has ended',
  ERR_CONTEXT_AUDIENCE: 'The token was made for another service',
  ERR_CONTEXT_EARLY: 'The token was signed in the future',
  ERR_CONTEXT_CLAIMS: 'The claims of the token are not accepted',
  ERR_CONTEXT_TOO_LARGE: 'The principal does not fit into a token',
  ERR_ASSERTION_INVALID: 'The assertion is not accepted',
  ERR_KEYS_UNAVAILABLE: 'The verification keys could not be read',
}

/** Every failure of this package. Neither message nor cause holds a token or a claim's value. */
export class ContextError extends Error {
  override readonly name = 'ContextError'
  readonly code: ContextErrorCode

  constructor(code: ContextErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options)
    this.code = code
  }
}
