import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { createMovableClock, NOON, newKeyRing, position, principal } from '../test/fixtures.ts'
import { createContextSigner, createContextVerifier, createId, MAX_TOKEN_LENGTH } from './index.ts'

const HOUR = 3_600_000

async function setUp() {
  const [keyRing, clock] = [await newKeyRing(), createMovableClock()]
  return { keyRing, clock, signer: createContextSigner({ keyRing, clock }) }
}

describe('createContextSigner', () => {
  test('a typical context, 5 roles and 10 permissions, takes 600 to 800 bytes', async () => {
    const { signer } = await setUp()
    const typical = {
      ...principal,
      subject: createId('usr'),
      session: createId('ses'),
      roles: ['owner', 'billing', 'support', 'auditor', 'member'],
      permissions: 'orders.read orders.create orders.cancel orders.refund billing.read billing.pay'
        .concat(' members.read members.invite members.remove reports.read')
        .split(' '),
    }
    const sessionEndsAt = NOON + HOUR
    const { token } = await signer.sign(typical, { audience: 'orders', position, sessionEndsAt })
    expect(token.length).toBeGreaterThanOrEqual(600)
    expect(token.length).toBeLessThanOrEqual(800)
  })

  test('it is typed, for one audience, and names its key', async () => {
    const { signer, keyRing } = await setUp()
    const { token } = await signer.sign(principal, {
      audience: 'orders',
      position,
      sessionEndsAt: NOON + HOUR,
    })
    const { kid } = keyRing.signing
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'ctx+jwt', kid })
    expect(decodeJwt(token)).toMatchObject({ iss: 'gateway', aud: 'orders', pos: [3, 1482] })
  })

  test('absent values are absent claims', async () => {
    const { signer } = await setUp()
    const { token } = await signer.sign(
      { ...principal, organization: null },
      { audience: 'orders', position, sessionEndsAt: NOON + HOUR },
    )
    expect(decodeJwt(token)).not.toHaveProperty('org')
    expect(decodeJwt(token)).not.toHaveProperty('cst')
  })

  test('it ends after five minutes', async () => {
    const { signer } = await setUp()
    const sessionEndsAt = NOON + HOUR
    const signed = await signer.sign(principal, { audience: 'orders', position, sessionEndsAt })
    expect(signed.expiresAt).toBe(NOON + 300_000)
  })

  test('it ends with the session if that is earlier', async () => {
    const { signer } = await setUp()
    const sessionEndsAt = NOON + 61_500
    const signed = await signer.sign(principal, { audience: 'orders', position, sessionEndsAt })
    expect(signed.expiresAt).toBe(NOON + 61_000)
  })

  test('a session that has ended gets none', async () => {
    const { signer } = await setUp()
    await expect(
      signer.sign(principal, { audience: 'orders', position, sessionEndsAt: NOON }),
    ).rejects.toMatchObject({ code: 'ERR_CONTEXT_EXPIRED' })
  })

  test('a principal that no verifier would read is refused while signing', async () => {
    const { signer } = await setUp()
    const custom = { note: 'x'.repeat(MAX_TOKEN_LENGTH) }
    await expect(
      signer.sign(
        { ...principal, custom },
        { audience: 'o', position, sessionEndsAt: NOON + HOUR },
      ),
    ).rejects.toMatchObject({ code: 'ERR_CONTEXT_TOO_LARGE' })
  })

  test.each([[0], [999], [1500], [301_000], [Number.NaN]])(
    'a lifetime of %d ms is a TypeError',
    async (lifetimeMs) => {
      const { keyRing, clock } = await setUp()
      expect(() => createContextSigner({ keyRing, clock, lifetimeMs })).toThrow(TypeError)
    },
  )

  test('what is verified is what was signed', async () => {
    const { signer, keyRing, clock } = await setUp()
    const full = { ...principal, custom: { plan: 'team', seats: 12 } }
    const sessionEndsAt = NOON + HOUR
    const { token } = await signer.sign(full, { audience: 'orders', position, sessionEndsAt })
    const verifier = createContextVerifier({ audience: 'orders', keys: keyRing, clock })
    await expect(verifier.verify(token)).resolves.toMatchObject({ principal: full, position })
  })
})
