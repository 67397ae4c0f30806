import { type CryptoKey, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createMovableClock, NOON, newKeyRing, position, principal } from '../test/fixtures.ts'
import { CONTEXT_CLAIMS, claimsOf } from './claims.ts'
import {
  type AssertionVerifier,
  type ContextVerifier,
  createAssertionVerifier,
  createContextVerifier,
  type KeyRing,
  MAX_TOKEN_LENGTH,
} from './index.ts'

const SECOND = NOON / 1000
const clock = createMovableClock()

let ring: KeyRing
let stranger: KeyRing
let contexts: ContextVerifier
let assertions: AssertionVerifier

beforeAll(async () => {
  ;[ring, stranger] = [await newKeyRing(), await newKeyRing()]
  contexts = createContextVerifier({ audience: 'orders', keys: ring, clock })
  assertions = createAssertionVerifier({ audience: 'orders', trust: { gateway: ring }, clock })
})

const contextClaims = (): JWTPayload => ({
  iss: 'gateway',
  aud: 'orders',
  iat: SECOND,
  exp: SECOND + 300,
  ...claimsOf(principal, position),
})
const assertionClaims = (): JWTPayload => ({
  iss: 'gateway',
  aud: 'orders',
  iat: SECOND,
  exp: SECOND + 30,
  jti: 'one',
})
// Everything any kind asks for: only the type can tell them apart.
const everyClaim = (): JWTPayload => ({ ...contextClaims(), ...assertionClaims() })

interface Forgery {
  typ?: string | undefined
  kid?: string | undefined
  header?: Record<string, unknown>
  key?: CryptoKey
}

function forge(claims: JWTPayload, { typ = 'ctx+jwt', header, ...options }: Forgery = {}) {
  const { kid = ring.signing.kid, key = ring.signing.key } = options
  return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ, kid, ...header }).sign(key)
}

function without(claims: JWTPayload, name: string): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name))
}

describe('each verifier takes its own kind alone, all else being equal', () => {
  const KINDS = ['ctx+jwt', 'svc+jwt', 'at+jwt', 'logout+jwt', 'secevent+jwt', 'JWT', 'ctx', '']

  test.each(KINDS)('typ %j at the context verifier', async (typ) => {
    const verified = contexts.verify(await forge(everyClaim(), { typ }))
    if (typ === 'ctx+jwt') await expect(verified).resolves.toMatchObject({ principal })
    else await expect(verified).rejects.toMatchObject({ code: 'ERR_CONTEXT_TYPE' })
  })

  test.each(KINDS)('typ %j at the assertion verifier', async (typ) => {
    const verified = assertions.verify(await forge(everyClaim(), { typ }))
    if (typ === 'svc+jwt') await expect(verified).resolves.toEqual({ service: 'gateway' })
    else await expect(verified).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
  })

  test('no type at all is refused by both', async () => {
    const token = await forge(everyClaim(), { header: { typ: undefined } })
    await expect(contexts.verify(token)).rejects.toMatchObject({ code: 'ERR_CONTEXT_TYPE' })
    await expect(assertions.verify(token)).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
  })
})

describe('a forged context is refused', () => {
  const cases: [string, string, () => string | Promise<string>][] = [
    ['alg none', 'ERR_CONTEXT_MALFORMED', () => new UnsecuredJWT(contextClaims()).encode()],
    [
      'alg none with a signature',
      'ERR_CONTEXT_SIGNATURE',
      () => withHeader({ alg: 'none', typ: 'ctx+jwt', kid: ring.signing.kid }),
    ],
    [
      'HS256 with the public key as the secret',
      'ERR_CONTEXT_SIGNATURE',
      () => signWithPublicKeyAsSecret(),
    ],
    [
      'a key that is not accepted, under an accepted kid',
      'ERR_CONTEXT_SIGNATURE',
      () => forge(contextClaims(), { key: stranger.signing.key }),
    ],
    [
      'an unknown kid',
      'ERR_CONTEXT_SIGNATURE',
      () => forge(contextClaims(), { key: stranger.signing.key, kid: stranger.signing.kid }),
    ],
    [
      'no kid',
      'ERR_CONTEXT_SIGNATURE',
      () => forge(contextClaims(), { header: { kid: undefined } }),
    ],
    [
      'a key of its own in the header',
      'ERR_CONTEXT_SIGNATURE',
      () =>
        forge(contextClaims(), {
          key: stranger.signing.key,
          header: { jwk: stranger.publicJwks().keys[0], jku: 'http://127.0.0.1:9/keys' },
        }),
    ],
    [
      'a critical extension',
      'ERR_CONTEXT_MALFORMED',
      () => withHeader({ alg: 'EdDSA', typ: 'ctx+jwt', kid: ring.signing.kid, crit: ['exp'] }),
    ],
    [
      'another audience',
      'ERR_CONTEXT_AUDIENCE',
      () => forge({ ...contextClaims(), aud: 'accounts' }),
    ],
    ['another issuer', 'ERR_CONTEXT_CLAIMS', () => forge({ ...contextClaims(), iss: 'orders' })],
    ['ended', 'ERR_CONTEXT_EXPIRED', () => forge({ ...contextClaims(), exp: SECOND - 6 })],
    [
      'older than a context may be, whatever its exp',
      'ERR_CONTEXT_EXPIRED',
      () => forge({ ...contextClaims(), iat: SECOND - 306, exp: SECOND + 86_400 }),
    ],
    ['from the future', 'ERR_CONTEXT_EARLY', () => forge({ ...contextClaims(), iat: SECOND + 6 })],
    [
      'an ill-formed subject',
      'ERR_CONTEXT_CLAIMS',
      () => forge({ ...contextClaims(), sub: 'ada' }),
    ],
    [
      'an ill-formed position',
      'ERR_CONTEXT_CLAIMS',
      () => forge({ ...contextClaims(), pos: [1, -1] }),
    ],
    [
      'roles that are not a list',
      'ERR_CONTEXT_CLAIMS',
      () => forge({ ...contextClaims(), rol: 'owner' }),
    ],
    [
      'longer than any context',
      'ERR_CONTEXT_MALFORMED',
      () => forge({ ...contextClaims(), cst: { note: 'x'.repeat(MAX_TOKEN_LENGTH) } }),
    ],
  ]

  test.each(cases)('%s: %s', async (_what, code, make) => {
    await expect(contexts.verify(await make())).rejects.toMatchObject({ code })
  })

  test.each(CONTEXT_CLAIMS)('without %s', async (claim) => {
    const token = await forge(without(contextClaims(), claim))
    const code = claim === 'aud' ? 'ERR_CONTEXT_AUDIENCE' : 'ERR_CONTEXT_CLAIMS'
    await expect(contexts.verify(token)).rejects.toMatchObject({ code })
  })

  test('no error holds the token or a value of its claims', async () => {
    const token = await forge({ ...contextClaims(), aud: 'accounts' })
    const error = await Promise.resolve(contexts.verify(token)).catch((caught: unknown) => caught)
    const { message, cause } = error as Error
    expect(cause).toBe('aud: check_failed')
    expect(message).not.toContain(principal.subject)
  })
})

/** A well-signed token whose header was replaced afterwards. */
async function withHeader(header: Record<string, unknown>): Promise<string> {
  const [, payload, signature] = (await forge(contextClaims())).split('.')
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
}

function signWithPublicKeyAsSecret(): Promise<string> {
  const secret = Buffer.from(ring.publicJwks().keys[0]?.x ?? '', 'base64url')
  return new SignJWT(contextClaims())
    .setProtectedHeader({ alg: 'HS256', typ: 'ctx+jwt', kid: ring.signing.kid })
    .sign(secret)
}
