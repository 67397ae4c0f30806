import { type CryptoKey, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { ClockLike } from './clock.ts'
import { ContextError } from './errors.ts'
import { ALGORITHM } from './jwk.ts'
import type { VerificationKeys } from './verification-keys.ts'

/** Characters of the longest token that is made or looked at. */
export const MAX_TOKEN_LENGTH = 8192

/** Seconds by which the wall clocks of signer and verifier may differ. */
export const CLOCK_TOLERANCE_SECONDS = 5

// RFC 7515 section 3.1, and the strict alphabet that RFC 8725bis asks for.
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** What a token has to be. Without any one of these jose accepts almost anything, so none is optional. */
export interface TokenExpectation {
  readonly typ: 'ctx+jwt' | 'svc+jwt'
  readonly issuer: string
  readonly audience: string
  readonly requiredClaims: string[]
  readonly maxAgeSeconds: number
}

/** @throws {ContextError} `ERR_CONTEXT_MALFORMED`. Costs no cryptography. */
export function assertCompact(token: string): void {
  if (token.length > MAX_TOKEN_LENGTH || !COMPACT_JWS.test(token))
    throw new ContextError('ERR_CONTEXT_MALFORMED')
}

/** @throws {ContextError} */
export async function verifyToken(
  token: string,
  expected: TokenExpectation,
  keys: VerificationKeys,
  clock: ClockLike,
): Promise<{ kid: string; exp: number; payload: JWTPayload }> {
  assertCompact(token)
  try {
    const { payload, protectedHeader } = await jwtVerify(token, (header) => keys.keyFor(header), {
      algorithms: [ALGORITHM],
      typ: expected.typ,
      issuer: expected.issuer,
      audience: expected.audience,
      requiredClaims: expected.requiredClaims,
      maxTokenAge: expected.maxAgeSeconds,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(clock.wall()),
    })
    const { exp } = payload
    // `keyFor` found a key by it, and `exp` is a required claim: only their types are not known here.
    if (protectedHeader.kid === undefined || exp === undefined)
      throw new ContextError('ERR_CONTEXT_CLAIMS')
    return { kid: protectedHeader.kid, exp, payload }
  } catch (error) {
    throw toContextError(error)
  }
}

export function signToken(
  claims: JWTPayload,
  typ: TokenExpectation['typ'],
  signing: { kid: string; key: CryptoKey },
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ, kid: signing.kid })
    .sign(signing.key)
}

function toContextError(error: unknown): ContextError {
  if (error instanceof ContextError) return error
  if (error instanceof errors.JWTExpired) return new ContextError('ERR_CONTEXT_EXPIRED')
  // jose's claim errors carry the whole payload: the cause is only what failed.
  if (error instanceof errors.JWTClaimValidationFailed)
    return new ContextError(claimErrorCode(error), {
      cause: `${error.claim}: ${error.reason}`,
    })
  if (isSignatureError(error)) return new ContextError('ERR_CONTEXT_SIGNATURE', { cause: error })
  if (isFormatError(error)) return new ContextError('ERR_CONTEXT_MALFORMED', { cause: error })
  return new ContextError('ERR_KEYS_UNAVAILABLE', { cause: error })
}

function claimErrorCode({ claim, reason }: errors.JWTClaimValidationFailed): ContextError['code'] {
  if (claim === 'aud') return 'ERR_CONTEXT_AUDIENCE'
  if (claim === 'typ') return 'ERR_CONTEXT_TYPE'
  // A missing or ill-formed one fails otherwise.
  if (claim === 'iat' && reason === 'check_failed') return 'ERR_CONTEXT_EARLY'
  return 'ERR_CONTEXT_CLAIMS'
}

function isSignatureError(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JWKSNoMatchingKey
  )
}

function isFormatError(error: unknown): boolean {
  return (
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSENotSupported
  )
}
