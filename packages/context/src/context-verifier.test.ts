import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMovableClock, NOON, newKeyRing, position, principal } from '../test/fixtures.ts'
import {
  createContextSigner,
  createContextVerifier,
  createKeyRing,
  createVerificationKeys,
  generateSigningKey,
  MAX_TOKEN_LENGTH,
  type VerificationKeys,
} from './index.ts'

const HOUR = 3_600_000

async function setUp(options: { maxEntries?: number; sessionEndsAt?: number } = {}) {
  const { sessionEndsAt = NOON + HOUR, ...verifierOptions } = options
  const [keyRing, clock] = [await newKeyRing(), createMovableClock()]
  const keys = new CountingKeys(createVerificationKeys(keyRing.publicJwks()))
  const signer = createContextSigner({ keyRing, clock })
  const verifier = createContextVerifier({ audience: 'orders', keys, clock, ...verifierOptions })
  const sign = async (subject: `usr_${string}` = principal.subject) =>
    (await signer.sign({ ...principal, subject }, { audience: 'orders', position, sessionEndsAt }))
      .token
  return { keys, clock, verifier, sign }
}

/** Counts how often a key is looked up, which is once a verification; can drop all keys. */
class CountingKeys implements VerificationKeys {
  lookups = 0
  removed = false
  readonly #keys: VerificationKeys

  constructor(keys: VerificationKeys) {
    this.#keys = keys
  }

  keyFor(header: Parameters<VerificationKeys['keyFor']>[0]) {
    this.lookups += 1
    return this.#keys.keyFor(header)
  }

  accepts(kid: string) {
    return !this.removed && this.#keys.accepts(kid)
  }
}

describe('createContextVerifier', () => {
  test('a known token is answered synchronously and verified once', async () => {
    const { verifier, keys, sign } = await setUp()
    const token = await sign()
    const first = await verifier.verify(token)
    expect(verifier.verify(token)).toBe(first)
    expect(keys.lookups).toBe(1)
  })

  test('a hundred first requests with one token share one verification', async () => {
    const { verifier, keys, sign } = await setUp()
    const token = await sign()
    const all = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token)))
    expect(new Set(all).size).toBe(1)
    expect(keys.lookups).toBe(1)
  })

  test('a token that differs in one character is not the known one', async () => {
    const { verifier, sign } = await setUp()
    const token = await sign()
    await verifier.verify(token)
    const at = token.length - 20
    const altered = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    await expect(verifier.verify(altered)).rejects.toMatchObject({ code: 'ERR_CONTEXT_SIGNATURE' })
  })

  test('the signature of a known token makes no other one known', async () => {
    const { verifier, sign } = await setUp()
    const [token, other] = [await sign('usr_a'), await sign('usr_b')]
    const known = await verifier.verify(token)
    const signature = token.slice(token.lastIndexOf('.'))
    const forged = `${other.slice(0, other.lastIndexOf('.'))}${signature}`
    await expect(verifier.verify(forged)).rejects.toMatchObject({ code: 'ERR_CONTEXT_SIGNATURE' })
    expect(verifier.verify(token)).toBe(known)
    expect(verifier.size).toBe(1)
  })

  test('nothing that a request does to its principal reaches another request', async () => {
    const { verifier, sign } = await setUp()
    const { principal: shared } = await verifier.verify(await sign())
    expect(() => Reflect.apply(Array.prototype.push, shared.roles, ['system:admin'])).toThrow(
      TypeError,
    )
    expect(Object.isFrozen(shared) && Object.isFrozen(shared.custom)).toBe(true)
  })

  test('the cache keeps at most its maximum', async () => {
    const { verifier, keys, sign } = await setUp({ maxEntries: 3 })
    const tokens = []
    for (let n = 0; n < 10; n += 1) tokens.push(await sign(`usr_${n}`))
    for (const token of tokens) await verifier.verify(token)
    expect(verifier.size).toBe(3)
    await verifier.verify(tokens[0] ?? '')
    expect(keys.lookups).toBe(11)
  })

  test('what is refused is not kept', async () => {
    const { verifier, sign } = await setUp()
    const [token] = [await sign()]
    for (let n = 0; n < 50; n += 1)
      await expect(
        verifier.verify(`${token.slice(0, -8)}${`${n}`.padStart(8, 'A')}`),
      ).rejects.toThrow()
    expect(verifier.size).toBe(0)
  })

  test('a known context ends at its deadline, on the monotonic clock', async () => {
    const { verifier, clock, sign } = await setUp()
    const token = await sign()
    const { deadline } = await verifier.verify(token)
    expect(deadline - clock.now()).toBe(305_000)
    clock.advance(304_999)
    expect(verifier.verify(token)).not.toBeInstanceOf(Promise)
    clock.advance(1)
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_CONTEXT_EXPIRED' })
    expect(verifier.size).toBe(0)
  })

  test('use never extends a deadline', async () => {
    const { verifier, clock, sign } = await setUp()
    const token = await sign()
    const { deadline } = await verifier.verify(token)
    for (let minute = 1; minute <= 4; minute += 1) {
      clock.advance(60_000)
      expect((await verifier.verify(token)).deadline).toBe(deadline)
    }
  })

  test('a wall clock that is set back after first sight extends nothing', async () => {
    const { verifier, clock, sign } = await setUp()
    const token = await sign()
    await verifier.verify(token)
    clock.setWall(NOON - HOUR)
    clock.advance(305_000)
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_CONTEXT_EXPIRED' })
  })

  test('a wall clock that is set forward after first sight ends nothing early', async () => {
    const { verifier, clock, sign } = await setUp()
    const token = await sign()
    const first = await verifier.verify(token)
    clock.setWall(NOON + 24 * HOUR)
    expect(verifier.verify(token)).toBe(first)
  })

  test('a context ends with its session', async () => {
    const { verifier, clock, sign } = await setUp({ sessionEndsAt: NOON + 30_000 })
    const { deadline } = await verifier.verify(await sign())
    expect(deadline - clock.now()).toBe(35_000)
  })

  test('a key that is taken out ends what it signed, known or not', async () => {
    const { verifier, keys, sign } = await setUp()
    const [known, unknown] = [await sign(), await sign('usr_other')]
    await verifier.verify(known)
    keys.removed = true
    await expect(verifier.verify(known)).rejects.toMatchObject({ code: 'ERR_CONTEXT_SIGNATURE' })
    await expect(verifier.verify(unknown)).rejects.toMatchObject({ code: 'ERR_CONTEXT_SIGNATURE' })
  })

  test('while keys rotate, contexts of the old and the new key are accepted', async () => {
    const clock = createMovableClock()
    const [old, next] = [await generateSigningKey(), await generateSigningKey()]
    const before = await createKeyRing({ signing: old, accepted: [next] })
    const after = await createKeyRing({ signing: next, accepted: [old] })
    const retired = await createKeyRing({ signing: next })
    const verifierOf = (ring: VerificationKeys) =>
      createContextVerifier({ audience: 'orders', keys: ring, clock })
    for (const ring of [before, after]) {
      const signer = createContextSigner({ keyRing: ring, clock })
      const target = { audience: 'orders', position, sessionEndsAt: NOON + HOUR }
      const { token } = await signer.sign(principal, target)
      await expect(verifierOf(before).verify(token)).resolves.toBeDefined()
      await expect(verifierOf(after).verify(token)).resolves.toBeDefined()
      const last = verifierOf(retired).verify(token)
      if (ring === after) await expect(last).resolves.toBeDefined()
      else await expect(last).rejects.toMatchObject({ code: 'ERR_CONTEXT_SIGNATURE' })
    }
  })

  test('keys that cannot be read say nothing about the token', async () => {
    const clock = createMovableClock()
    const signer = createContextSigner({ keyRing: await newKeyRing(), clock })
    const target = { audience: 'orders', position, sessionEndsAt: NOON + HOUR }
    const { token } = await signer.sign(principal, target)
    const keyFor = () => Promise.reject(new TypeError('fetch failed'))
    const keys = { keyFor, accepts: () => true }
    const verifier = createContextVerifier({ audience: 'orders', keys, clock })
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
  })

  test('random text is malformed, whatever its length', async () => {
    const { verifier } = await setUp()
    const part = fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/)
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
      fc.constant('a.'.repeat(MAX_TOKEN_LENGTH)),
    )
    await fc.assert(
      fc.asyncProperty(garbage, async (token) => {
        await expect(verifier.verify(token)).rejects.toMatchObject({
          name: 'ContextError',
          code: 'ERR_CONTEXT_MALFORMED',
        })
      }),
    )
    expect(verifier.size).toBe(0)
  })

  test('a token with any byte altered is refused', async () => {
    const { verifier, sign } = await setUp()
    const token = await sign()
    const alteration = fc.record({
      at: fc.nat(token.length - 1),
      by: fc.stringMatching(/^[A-Za-z0-9_.-]$/),
    })
    await fc.assert(
      fc.asyncProperty(alteration, async ({ at, by }) => {
        fc.pre(token[at] !== by && at !== token.length - 1)
        const altered = `${token.slice(0, at)}${by}${token.slice(at + 1)}`
        await expect(verifier.verify(altered)).rejects.toMatchObject({ name: 'ContextError' })
      }),
    )
  })
})
