import { decodeJwt } from 'jose'
import { ASSERTION_LIFETIME_MS } from './assertion-signer.ts'
import type { ClockLike } from './clock.ts'
import { ContextError } from './errors.ts'
import { assertCompact, verifyToken } from './token.ts'
import type { VerificationKeys } from './verification-keys.ts'

const ASSERTION_CLAIMS = ['iss', 'aud', 'iat', 'exp', 'jti']

export interface AssertionVerifierOptions {
  /** The name of the service that verifies. */
  audience: string
  /** The services that may call, by issuer, each with keys of its own. */
  trust: Readonly<Record<string, VerificationKeys>>
  clock: ClockLike
}

export interface AssertionVerifier {
  /** @throws {ContextError} `ERR_ASSERTION_INVALID`, or `ERR_KEYS_UNAVAILABLE` when nothing is known about it. */
  verify(token: string): Promise<{ readonly service: string }>
}

export function createAssertionVerifier(options: AssertionVerifierOptions): AssertionVerifier {
  const { audience, clock } = options
  const trust = new Map(Object.entries(options.trust))

  async function verify(token: string): Promise<{ service: string }> {
    assertCompact(token)
    // Not verified yet: it only chooses the keys, and `issuer` below holds it to them (RFC 8725 section 3.8).
    const issuer = decodeJwt(token).iss
    const keys = issuer === undefined ? undefined : trust.get(issuer)
    if (issuer === undefined || !keys) throw new ContextError('ERR_ASSERTION_INVALID')
    const expected = {
      typ: 'svc+jwt',
      issuer,
      audience,
      requiredClaims: ASSERTION_CLAIMS,
      maxAgeSeconds: ASSERTION_LIFETIME_MS / 1000,
    } as const
    await verifyToken(token, expected, keys, clock)
    return { service: issuer }
  }

  return {
    // One error for unknown, expired and tampered: a caller learns nothing by probing.
    verify: (token) => verify(token).catch((error: unknown) => Promise.reject(refusal(error))),
  }
}

function refusal(cause: unknown): ContextError {
  if (cause instanceof ContextError) {
    if (cause.code === 'ERR_KEYS_UNAVAILABLE' || cause.code === 'ERR_ASSERTION_INVALID')
      return cause
  }
  return new ContextError('ERR_ASSERTION_INVALID', { cause })
}
