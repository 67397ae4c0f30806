import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'

/** The one signature algorithm. RFC 8725 section 3.1: one key, one algorithm. */
export const ALGORITHM = 'EdDSA'

// 32 bytes in base64url.
const coordinateSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/** An Ed25519 public key as RFC 8037 writes it. Other members, a private one too, are dropped. */
const publicJwkSchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: coordinateSchema,
  kid: z.string().min(1).max(128),
  alg: z.literal(ALGORITHM).default(ALGORITHM),
  use: z.literal('sig').default('sig'),
})
export type PublicJwk = z.infer<typeof publicJwkSchema>

/** An Ed25519 private key. For the environment of the process that signs, and nowhere else. */
export const signingJwkSchema = publicJwkSchema.extend({ d: coordinateSchema })
export type SigningJwk = z.infer<typeof signingJwkSchema>

/** A JSON Web Key Set of 1 to 16 Ed25519 keys, each with a `kid` of its own. */
export const jwksSchema = z.object({
  keys: z
    .array(publicJwkSchema)
    .min(1)
    .max(16)
    .refine((keys) => new Set(keys.map((key) => key.kid)).size === keys.length, {
      error: 'two keys share a kid',
    }),
})
export type Jwks = z.infer<typeof jwksSchema>

/** A new Ed25519 private key. Its `kid` is its thumbprint, RFC 7638. */
export async function generateSigningKey(): Promise<SigningJwk> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  return signingJwkSchema.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) })
}

/** @throws {TypeError} when it is not a set of 1 to 16 Ed25519 keys with a `kid` each. Private members are dropped. */
export function parseJwks(jwks: unknown): Jwks {
  const parsed = jwksSchema.safeParse(jwks)
  if (parsed.success) return parsed.data
  throw new TypeError('not a JSON Web Key Set of 1 to 16 Ed25519 keys with a kid each')
}
