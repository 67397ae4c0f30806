import { createVerificationKeys, type VerificationKeys } from '@portcullis/context'
import { createRemoteJWKSet, type JWKSCacheInput, jwksCache } from 'jose'

/** A fixed JSON Web Key Set, the address of one, or keys of one's own making. */
export type KeySource = VerificationKeys | { readonly jwksUrl: string } | { readonly keys: unknown }

/** Milliseconds one fetch of a key set may take. */
const JWKS_TIMEOUT_MS = 2_000
/** Milliseconds between two fetches that an unknown `kid` causes, at least. */
export const JWKS_COOLDOWN_MS = 10_000
/** Milliseconds after which a set is fetched again before it is used. */
const JWKS_MAX_AGE_MS = 300_000

/** @throws {TypeError} when it is none of the three. */
export function toVerificationKeys(source: KeySource): VerificationKeys {
  if ('keyFor' in source) return source
  if ('jwksUrl' in source) return createRemoteKeys(source.jwksUrl)
  return createVerificationKeys(source)
}

function createRemoteKeys(jwksUrl: string): VerificationKeys {
  const cache = emptyCache()
  const find = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
    [jwksCache]: cache,
  })
  let kids: { of: unknown; values: Set<string | undefined> } = { of: undefined, values: new Set() }
  return {
    keyFor: (header) => find(header),
    accepts(kid) {
      // Every fetch replaces the set in the cache, so identity tells whether it is a new one.
      const { jwks } = cache
      if (kids.of !== jwks) kids = { of: jwks, values: new Set(jwks?.keys.map((key) => key.kid)) }
      return kids.values.has(kid)
    },
  }
}

function emptyCache(): JWKSCacheInput {
  return {}
}
