import { type CryptoKey, createLocalJWKSet, errors, type JWSHeaderParameters } from 'jose'
import { parseJwks } from './jwk.ts'

/** Where a verifier finds keys. Only what was configured counts: `jku`, `x5u` and `jwk` of a token are ignored. */
export interface VerificationKeys {
  /**
   * The key that a token's header names.
   * @throws {errors.JWKSNoMatchingKey} when it names none, or one that is not accepted.
   */
  keyFor(header: JWSHeaderParameters): Promise<CryptoKey>
  /** Synchronous. False for a key that was taken out: what it signed is refused although it was verified before. */
  accepts(kid: string): boolean
}

/**
 * A fixed set of keys, public halves of a key ring.
 * @param jwks 1 to 16 Ed25519 keys. Private members are dropped.
 * @throws {TypeError} when it is not such a set.
 */
export function createVerificationKeys(jwks: unknown): VerificationKeys {
  const set = parseJwks(jwks)
  const find = createLocalJWKSet(set)
  const kids = new Set(set.keys.map((key) => key.kid))
  return {
    accepts: (kid) => kids.has(kid),
    async keyFor(header) {
      if (header.kid === undefined || !kids.has(header.kid)) throw new errors.JWKSNoMatchingKey()
      return find(header)
    },
  }
}
