import { importJWK, SignJWT } from 'jose'
import { z } from 'zod'

/** Receivers verify with what they have; that of CAEP's interoperability profile is RS256. */
const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const

const part = z.string().max(2_000).exactOptional()

const keySchema = z.looseObject({
  kty: z.enum(['OKP', 'EC', 'RSA']),
  alg: z.enum(ALGORITHMS),
  kid: z.string().min(1).max(128),
  ...{ crv: part, x: part, y: part, n: part, e: part },
})

export type EventKey = z.output<typeof keySchema>

/** Keys of the tokens, each with `alg` and `kid`: the first is private and signs, the others are published beside it. */
export const eventKeysSchema = z
  .strictObject({ keys: z.array(keySchema).min(1).max(8) })
  .refine(({ keys: [first] }) => first && 'd' in first, { error: 'the first key is not private' })
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length, {
    error: 'two keys share a kid',
  })

export interface EventKeys {
  /** The public halves. */
  readonly jwks: { readonly keys: readonly object[] }
  /** A compact JWS with `typ: secevent+jwt`. */
  sign(claims: Record<string, unknown>): Promise<string>
}

/** @throws {TypeError} when a key cannot be used, or is too short. */
export async function createEventKeys(keys: readonly EventKey[]): Promise<EventKeys> {
  const [first] = keys
  if (!first) throw new TypeError('there is no key')
  const { alg, kid } = first
  const key = await importJWK(first, alg)
  const keyring: EventKeys = {
    jwks: { keys: keys.map(publicHalfOf) },
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ typ: 'secevent+jwt', alg, kid }).sign(key),
  }
  // A key that cannot sign is found at the start.
  await keyring.sign({})
  return keyring
}

/** What a public key is made of, of whatever kind. Everything else stays here. */
function publicHalfOf({ kty, alg, kid, crv, x, y, n, e }: EventKey): object {
  return { kty, alg, kid, use: 'sig', crv, x, y, n, e }
}
