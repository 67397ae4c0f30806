import { describe, expect, test } from 'vitest'
import { createKeyRing, createVerificationKeys, generateSigningKey } from './index.ts'

describe('generateSigningKey', () => {
  test('a new key is Ed25519 and named by its thumbprint', async () => {
    const key = await generateSigningKey()
    expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
    expect(key.kid).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect((await generateSigningKey()).kid).not.toBe(key.kid)
  })
})

describe('createKeyRing', () => {
  test('what it publishes holds every public half and no private one', async () => {
    const [signing, next] = [await generateSigningKey(), await generateSigningKey()]
    const ring = await createKeyRing({ signing, accepted: [next] })
    const published = ring.publicJwks()
    expect(published.keys.map((key) => key.kid)).toEqual([signing.kid, next.kid])
    expect(JSON.stringify(published)).not.toContain('"d"')
    expect(published.keys.every((key) => !('d' in key))).toBe(true)
  })

  test('changing what it published changes nothing in it', async () => {
    const ring = await createKeyRing({ signing: await generateSigningKey() })
    ring.publicJwks().keys.pop()
    expect(ring.publicJwks().keys).toHaveLength(1)
  })

  test.each([
    ['nothing', undefined],
    ['a public key', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), kid: 'a' }],
    ['a symmetric key', { kty: 'oct', k: 'AAAA', kid: 'a' }],
    ['a key for another algorithm', { kty: 'EC', crv: 'P-256', kid: 'a' }],
  ])('%s as the signing key is a TypeError', async (_what, signing) => {
    await expect(createKeyRing({ signing })).rejects.toThrow(TypeError)
  })

  test('two keys under one kid are a TypeError: a kid names one key', async () => {
    const [signing, other] = [await generateSigningKey(), await generateSigningKey()]
    const accepted = [{ ...other, kid: signing.kid }]
    await expect(createKeyRing({ signing, accepted })).rejects.toThrow(TypeError)
  })
})

describe('createVerificationKeys', () => {
  test.each([[undefined], [{}], [{ keys: [] }], [{ keys: [{ kty: 'oct', k: 'AAAA', kid: 'a' }] }]])(
    'a set without an Ed25519 key is a TypeError (%j)',
    (jwks) => {
      expect(() => createVerificationKeys(jwks)).toThrow(TypeError)
    },
  )

  test('it accepts the keys of the set and no other', async () => {
    const ring = await createKeyRing({ signing: await generateSigningKey() })
    const keys = createVerificationKeys(ring.publicJwks())
    expect(keys.accepts(ring.signing.kid)).toBe(true)
    expect(keys.accepts('__proto__')).toBe(false)
    await expect(keys.keyFor({ alg: 'EdDSA' })).rejects.toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    })
  })
})
