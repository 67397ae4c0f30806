import { systemClock } from '@portcullis/runtime'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../errors.ts'
import { createSessionCookie, type SameSite } from './session-cookie.ts'

const WALL = 1_800_000_000_000
const clock = { ...systemClock, wall: () => WALL }

function cookieFor(publicUrl: string, sameSite: SameSite = 'strict') {
  return createSessionCookie({ publicUrl: new URL(publicUrl), sameSite, clock })
}

const cookie = cookieFor('https://app.example.com')

describe('session cookie', () => {
  test('has the __Host- prefix and every attribute that goes with it', () => {
    expect(cookie.issue('token', WALL + 60_500)).toBe(
      '__Host-sid=token; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=60',
    )
    expect(cookie.clear()).toBe('__Host-sid=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0')
  })

  test('has a plain name over HTTP on this machine only', () => {
    expect(cookieFor('http://localhost:4000', 'lax').issue('t', WALL + 1000)).toBe(
      'sid=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=1',
    )
    expect(cookieFor('http://127.0.0.1:4000').name).toBe('sid')
    expect(cookieFor('http://10.0.0.1').name).toBe('__Host-sid')
    expect(cookieFor('https://localhost').name).toBe('__Host-sid')
  })

  test('is taken out of what a service sees', () => {
    expect(cookie.read('a=1; __Host-sid=x; b=2')).toEqual({ value: 'x', rest: 'a=1; b=2' })
    expect(cookie.read('__Host-sid=x')).toEqual({ value: 'x', rest: undefined })
    expect(cookie.read('a=1;__Host-sid = x ;')).toEqual({ value: 'x', rest: 'a=1' })
    expect(cookie.read('a=1')).toEqual({ value: undefined, rest: 'a=1' })
    expect(cookie.read(undefined)).toEqual({ value: undefined, rest: undefined })
  })

  test('matches its name by exact case and whole', () => {
    const foreign = '__host-sid=x; __Host-sid2=y; x__Host-sid=z'
    expect(cookie.read(foreign)).toEqual({ value: undefined, rest: foreign })
  })

  test('given twice is refused', () => {
    expect(() => cookie.read('__Host-sid=a; __Host-sid=b')).toThrow(
      expect.objectContaining({ code: 'ERR_COOKIE_DUPLICATE' }),
    )
  })

  test('never leaves its value behind and never breaks, whatever the header', () => {
    const piece = fc.oneof(
      fc.constantFrom('__Host-sid', '=', ';', ' ', '; ', '__host-sid=', 'a=b', '"', ','),
      fc.string({ maxLength: 5 }),
    )
    const header = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(header, (text) => {
        try {
          const { rest } = cookie.read(text)
          expect(rest === undefined || cookie.read(rest).value === undefined).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
