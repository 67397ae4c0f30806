import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressOfSession, createSessionTokens, sessionIdOf } from './session-token.ts'

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64url')
const HANDLE = Buffer.alloc(12, 5).toString('base64url')
const tokens = createSessionTokens([key(1)])

describe('session tokens', () => {
  test('the cookie has at most 58 bytes', () => {
    const { token } = tokens.create(HANDLE)
    expect(`__Host-sid=${token}`.length).toBeLessThanOrEqual(58)
  })

  test('what was made is read back, and its id leads to the same record', () => {
    const { token, address } = tokens.create(HANDLE)
    expect(tokens.read(token)).toEqual(address)
    expect(addressOfSession(sessionIdOf(address))).toEqual(address)
  })

  test('neither id nor address reveals the secret', () => {
    const { token, address } = tokens.create(HANDLE)
    const secret = Buffer.from(token, 'base64url').subarray(12, 32)
    const digest = createHash('sha256').update(secret).digest('base64url')
    expect(digest.startsWith(address.field.slice(0, 21))).toBe(true)
    expect(sessionIdOf(address)).not.toContain(secret.toString('base64url').slice(0, 8))
  })

  test('a token with any one character changed is refused', () => {
    const { token } = tokens.create(HANDLE)
    const replacement = fc.constantFrom(...'ABCxyz019_-')
    fc.assert(
      fc.property(fc.nat(46), replacement, (at, character) => {
        fc.pre(token[at] !== character)
        expect(tokens.read(token.slice(0, at) + character + token.slice(at + 1))).toBeNull()
      }),
    )
  })

  test('nothing else than a token is read', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(tokens.read(text)).toBeNull()
      }),
    )
    expect(tokens.read('A'.repeat(47))).toBeNull()
  })

  test('during a rotation tokens of both keys are read, new ones are made with the current one', () => {
    const old = tokens.create(HANDLE).token
    const rotating = createSessionTokens([key(2), key(1)])
    expect(rotating.read(old)).not.toBeNull()
    expect(tokens.read(rotating.create(HANDLE).token)).toBeNull()
    expect(createSessionTokens([key(2)]).read(old)).toBeNull()
  })

  test('a short key, or none, is refused', () => {
    expect(() => createSessionTokens(['c2hvcnQ'])).toThrow(TypeError)
    expect(() => createSessionTokens([])).toThrow(TypeError)
  })
})
