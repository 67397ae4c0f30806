export {
  ASSERTION_LIFETIME_MS,
  type AssertionSigner,
  type AssertionSignerOptions,
  createAssertionSigner,
} from './assertion-signer.ts'
export {
  type AssertionVerifier,
  type AssertionVerifierOptions,
  createAssertionVerifier,
} from './assertion-verifier.ts'
export type { ClockLike } from './clock.ts'
export {
  CONTEXT_ISSUER,
  CONTEXT_LIFETIME_MS,
  type ContextSigner,
  type ContextSignerOptions,
  createContextSigner,
  type SignContextOptions,
} from './context-signer.ts'
export {
  type ContextVerifier,
  type ContextVerifierOptions,
  createContextVerifier,
  type VerifiedContext,
} from './context-verifier.ts'
export { type ClaimsDefinition, type ClaimsOf, defineClaims } from './custom-claims.ts'
export { ContextError, type ContextErrorCode } from './errors.ts'
export { ASSERTION_HEADER, AT_LEAST_HEADER, CONTEXT_HEADER, STALE_HEADER } from './headers.ts'
export {
  createId,
  type InstanceId,
  instanceIdSchema,
  type OrganizationId,
  organizationIdSchema,
  type SessionId,
  type SubjectId,
  sessionIdSchema,
  subjectIdSchema,
} from './ids.ts'
export {
  generateSigningKey,
  type Jwks,
  jwksSchema,
  type PublicJwk,
  type SigningJwk,
  signingJwkSchema,
} from './jwk.ts'
export { createKeyRing, type KeyRing, type KeyRingOptions } from './key-ring.ts'
export {
  comparePositions,
  formatPosition,
  type Position,
  parsePosition,
  positionSchema,
} from './position.ts'
export {
  ASSURANCE_LEVELS,
  type AssuranceLevel,
  AUTHENTICATION_METHODS,
  type AuthenticationMethod,
  type CustomClaims,
  isAssured,
  type Principal,
  principalSchema,
} from './principal.ts'
export { CLOCK_TOLERANCE_SECONDS, MAX_TOKEN_LENGTH } from './token.ts'
export { createVerificationKeys, type VerificationKeys } from './verification-keys.ts'
