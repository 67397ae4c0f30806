import { decodeJwt, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { createMovableClock, newKeyRing } from '../test/fixtures.ts'
import { createAssertionSigner, createAssertionVerifier } from './index.ts'

async function setUp() {
  const [clock, workerRing, gatewayRing] = [
    createMovableClock(),
    await newKeyRing(),
    await newKeyRing(),
  ]
  const signer = createAssertionSigner({ service: 'worker', keyRing: workerRing, clock })
  const trust = { worker: workerRing, gateway: gatewayRing }
  const verifier = createAssertionVerifier({ audience: 'accounts', trust, clock })
  return { clock, signer, verifier, workerRing, gatewayRing }
}

describe('assertions', () => {
  test('the callee learns which service calls', async () => {
    const { signer, verifier } = await setUp()
    const token = await signer.sign({ audience: 'accounts' })
    await expect(verifier.verify(token)).resolves.toEqual({ service: 'worker' })
  })

  test('one is reused for half its life, then replaced', async () => {
    const { signer, clock } = await setUp()
    const first = await signer.sign({ audience: 'accounts' })
    clock.advance(14_999)
    expect(await signer.sign({ audience: 'accounts' })).toBe(first)
    clock.advance(1)
    const second = await signer.sign({ audience: 'accounts' })
    expect(decodeJwt(second).jti).not.toBe(decodeJwt(first).jti)
  })

  test('it is refused after thirty seconds', async () => {
    const { signer, verifier, clock } = await setUp()
    const token = await signer.sign({ audience: 'accounts' })
    clock.advance(35_000)
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
  })

  test('one made for another service is refused', async () => {
    const { signer, verifier } = await setUp()
    const token = await signer.sign({ audience: 'orders' })
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
  })

  test('a trusted service cannot speak for another one', async () => {
    const { verifier, workerRing, clock } = await setUp()
    const impostor = createAssertionSigner({ service: 'gateway', keyRing: workerRing, clock })
    const token = await impostor.sign({ audience: 'accounts' })
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
  })

  test.each(['stranger', '__proto__', 'constructor', ''])(
    'issuer %j is not trusted',
    async (service) => {
      const { verifier, workerRing, clock } = await setUp()
      const signer = createAssertionSigner({ service, keyRing: workerRing, clock })
      const token = await signer.sign({ audience: 'accounts' })
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
    },
  )

  test('one without a jti is refused', async () => {
    const { verifier, workerRing, clock } = await setUp()
    const iat = Math.floor(clock.wall() / 1000)
    const token = await new SignJWT({ iss: 'worker', aud: 'accounts', iat, exp: iat + 30 })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'svc+jwt', kid: workerRing.signing.kid })
      .sign(workerRing.signing.key)
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
  })

  test.each(['', 'a.b.c', 'x'.repeat(10_000)])('%.20j is refused', async (token) => {
    const { verifier } = await setUp()
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_ASSERTION_INVALID' })
  })

  test.each([[1000], [31_000], [2500]])(
    'a lifetime of %d ms is a TypeError',
    async (lifetimeMs) => {
      const { workerRing: keyRing, clock } = await setUp()
      expect(() => createAssertionSigner({ service: 'w', keyRing, clock, lifetimeMs })).toThrow(
        TypeError,
      )
    },
  )
})
