import { createFakeClock } from '@portcullis/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TableAuthenticator } from '../../../test/support/table-authenticator.ts'
import { checkRateLimits, isMatch, type RateLimit } from './rate-limit.ts'
import { createRateLimits } from './rate-limits.ts'

const ADDRESS = '203.0.113.1'
const BY_ADDRESS = { name: 'all', by: 'address', limit: 3, windowSeconds: 60 } as const

function setUp(limits: readonly RateLimit[], rateLimitKeys = 100) {
  const clock = createFakeClock()
  const authenticator = new TableAuthenticator()
    .add('ada-1')
    .add('ada-2', { session: 'ses_2' })
    .add('grace', { session: 'ses_3', subject: 'usr_grace' })
  const rateLimits = checkRateLimits(limits)
  const limiter = createRateLimits({ rateLimits, rateLimitKeys, authenticator, clock })
  /** The code of a refusal and its wait, or `ok`, with what the headers say. */
  function ask(paths: string | string[], token?: string, address = ADDRESS) {
    const headers: string[] = []
    try {
      void limiter.admit({ paths: [paths].flat(), address, token, headers })
      return { said: 'ok', headers }
    } catch (error) {
      const { code, retryAfterSeconds } = error as { code: string; retryAfterSeconds: number }
      return { said: `${code} ${retryAfterSeconds}`, headers }
    }
  }
  return {
    clock,
    authenticator,
    limiter,
    ask,
    said: (...asked: Parameters<typeof ask>) => ask(...asked).said,
  }
}

describe('a rate limit', () => {
  test('lets so many calls through in a window that begins with the first', () => {
    const { clock, ask, said } = setUp([BY_ADDRESS])
    expect(ask('a.b')).toEqual({
      said: 'ok',
      headers: ['ratelimit-policy', '"all";q=3;w=60', 'ratelimit', '"all";r=2;t=60'],
    })
    clock.advance(20_500)
    expect([said('a.b'), said('a.c')]).toEqual(['ok', 'ok'])
    const refused = ask('a.b')
    expect(refused.said).toBe('ERR_RATE_LIMITED 40')
    expect(refused.headers.at(-1)).toBe('"all";r=0;t=40')
    clock.advance(39_499)
    expect(said('a.b')).toBe('ERR_RATE_LIMITED 1')
    clock.advance(1)
    expect(said('a.b')).toBe('ok')
  })

  test('by address counts an address, and one host however many addresses it has', () => {
    const { said } = setUp([{ ...BY_ADDRESS, limit: 1 }])
    expect(said('a', undefined, '203.0.113.1')).toBe('ok')
    expect(said('a', undefined, '203.0.113.2')).toBe('ok')
    expect(said('a', undefined, '2001:db8::1')).toBe('ok')
    expect(said('a', undefined, '2001:db8::2')).toContain('ERR_RATE_LIMITED')
  })

  test('by session counts each device, by subject the person', () => {
    const bySession = setUp([{ ...BY_ADDRESS, by: 'session', limit: 1 }])
    expect([bySession.said('a', 'ada-1'), bySession.said('a', 'ada-2')]).toEqual(['ok', 'ok'])
    const bySubject = setUp([{ ...BY_ADDRESS, by: 'subject', limit: 1 }])
    expect(bySubject.said('a', 'ada-1')).toBe('ok')
    expect(bySubject.said('a', 'ada-2')).toContain('ERR_RATE_LIMITED')
    expect(bySubject.said('a', 'grace')).toBe('ok')
  })

  test('by subject is not escaped by signing out, or by cookies that are none', () => {
    const { said } = setUp([{ ...BY_ADDRESS, by: 'subject', limit: 2 }])
    expect([said('a'), said('a', 'made-up')]).toEqual(['ok', 'ok'])
    for (const token of [undefined, 'made-up-again', 'x'.repeat(500), 'a b']) {
      expect(said('a', token)).toContain('ERR_RATE_LIMITED')
    }
  })

  test('of some calls leaves the others alone', () => {
    const { ask } = setUp([{ ...BY_ADDRESS, calls: ['orders.*', 'session.signIn'], limit: 1 }])
    expect(ask('accounts.me').headers).toEqual([])
    expect(ask('orders.list').said).toBe('ok')
    expect(ask('orders.items.add').said).toContain('ERR_RATE_LIMITED')
    expect(ask('session.signIn').said).toContain('ERR_RATE_LIMITED')
    expect(ask('ordersx.list').said).toBe('ok')
  })

  test('counts each call of a batch, and takes all or none', () => {
    const { ask, said } = setUp([
      { ...BY_ADDRESS, limit: 4 },
      { ...BY_ADDRESS, name: 'orders', calls: 'orders.*', limit: 2 },
    ])
    const batch = ask(['orders.a', 'accounts.b', 'orders.c'])
    expect(batch.headers.at(-1)).toBe('"all";r=1;t=60, "orders";r=0;t=60')
    expect(said(['accounts.b', 'orders.c'])).toContain('ERR_RATE_LIMITED')
    expect(said(['accounts.b', 'accounts.b'])).toContain('ERR_RATE_LIMITED')
    expect(said('accounts.b')).toBe('ok')
  })

  test('waits for a session that is not in memory, and refuses what cannot be verified', async () => {
    const { authenticator, limiter } = setUp([{ ...BY_ADDRESS, by: 'subject' }])
    authenticator.isUnreachable = true
    const asked = limiter.admit({ paths: ['a'], address: ADDRESS, token: 'ada-1', headers: [] })
    await expect(asked).rejects.toMatchObject({ code: 'ERR_UNVERIFIABLE' })
  })

  test('has so many counters and no more: those used of late are kept', () => {
    const { said } = setUp([{ ...BY_ADDRESS, limit: 1 }], 10)
    expect(said('a', undefined, '198.51.100.1')).toBe('ok')
    for (let host = 0; host < 9; host++) said('a', undefined, `10.0.0.${host}`)
    expect(said('a', undefined, '198.51.100.1')).toContain('ERR_RATE_LIMITED')
    for (let host = 0; host < 10; host++) said('a', undefined, `10.0.1.${host}`)
    expect(said('a', undefined, '198.51.100.1')).toBe('ok')
  })

  test('never lets more through than it says, whatever comes', () => {
    const calls = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 5 }), wait: fc.nat(30_000) }),
    )
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 8 }), (requests, limit) => {
        const { clock, said } = setUp([{ ...BY_ADDRESS, limit }])
        let windowEndsAt = 0
        let used = 0
        for (const { size, wait } of requests) {
          clock.advance(wait)
          if (clock.now() >= windowEndsAt) {
            used = 0
            windowEndsAt = clock.now() + 60_000
          }
          const isAdmitted = said(Array<string>(size).fill('a')) === 'ok'
          expect(isAdmitted).toBe(used + size <= limit)
          if (isAdmitted) used += size
        }
      }),
    )
  })
})

test.each([
  ['*', 'orders.list', true],
  ['orders.list', 'orders.list', true],
  ['orders.*', 'orders.list', true],
  ['orders.*', 'orders', false],
  ['orders.li', 'orders.list', false],
])('%s and %s: %s', (pattern, path, matches) => {
  expect(isMatch(pattern, path)).toBe(matches)
})

test.each([
  [[{ ...BY_ADDRESS, limit: 0 }]],
  [[{ ...BY_ADDRESS, name: 'Not A Name' }]],
  [[{ ...BY_ADDRESS, calls: 'orders*' }]],
  [[{ ...BY_ADDRESS, windowSeconds: 0.5 }]],
  [[BY_ADDRESS, BY_ADDRESS]],
  [Array.from({ length: 51 }, (_, n) => ({ ...BY_ADDRESS, name: `n${n}` }))],
])('%j is refused', (limits) => {
  expect(() => checkRateLimits(limits)).toThrow(/^rateLimits: /)
})
