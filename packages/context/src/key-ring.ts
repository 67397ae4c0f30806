import { type CryptoKey, importJWK } from 'jose'
import { ALGORITHM, type Jwks, parseJwks, signingJwkSchema } from './jwk.ts'
import { createVerificationKeys, type VerificationKeys } from './verification-keys.ts'

/** One key that signs, and those that are accepted beside it while keys rotate. */
export interface KeyRing extends VerificationKeys {
  readonly signing: { readonly kid: string; readonly key: CryptoKey }
  /** The public halves, the signing key first, as served to services. A copy. */
  publicJwks(): Jwks
}

export interface KeyRingOptions {
  /** Private Ed25519 JWK with `kid`, see `generateSigningKey`. */
  signing: unknown
  /** Ed25519 JWKs accepted besides, such as the next or the previous signing key. Default none, at most 15. */
  accepted?: readonly unknown[]
}

/**
 * To rotate: publish the new key as `accepted`, wait until every verifier has it, make it `signing` with the old one
 * `accepted`, wait for the longest context lifetime, drop the old one.
 * @throws {TypeError} when a key is not an Ed25519 JWK, or two share a `kid`.
 */
export async function createKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const parsed = signingJwkSchema.safeParse(options.signing)
  if (!parsed.success) throw new TypeError('`signing` is not a private Ed25519 JWK with a kid')
  const signing = parsed.data
  const jwks = parseJwks({ keys: [signing, ...(options.accepted ?? [])] })
  const key = await importJWK(signing, ALGORITHM)
  if (key instanceof Uint8Array) throw new TypeError('`signing` is not an asymmetric key')
  return {
    ...createVerificationKeys(jwks),
    signing: { kid: signing.kid, key },
    publicJwks: () => structuredClone(jwks),
  }
}
