import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { strictestCaching } from './cache-control.ts'

describe('the caching of a merged answer', () => {
  test.each([
    [[undefined, undefined], undefined],
    [['public, max-age=5', 'public, max-age=5'], 'public, max-age=5'],
    [['public, max-age=5', undefined], 'no-store'],
    [['max-age=5', 'no-store'], 'no-store'],
    [['public, max-age=60', 'private, max-age=5'], 'private, max-age=5'],
    [['public, max-age=60', 'public, max-age=5'], 'public, max-age=5'],
    [
      ['s-maxage=1, stale-while-revalidate=9', 's-maxage=3, stale-while-revalidate=5'],
      's-maxage=1, stale-while-revalidate=5',
    ],
    [['s-maxage=1', 'max-age=60'], 'max-age=0, s-maxage=1'],
    [['max-age=60, immutable', 'no-cache'], 'no-cache, max-age=0'],
    [['max-age=60', 'max-age=oops'], 'max-age=0'],
    [['Public, MAX-AGE=60', 'must-revalidate, max-age=9'], 'must-revalidate, max-age=9'],
  ])('of %j is %s', (values, merged) => {
    expect(strictestCaching(values)).toBe(merged)
    expect(strictestCaching(values.toReversed())).toBe(merged)
  })

  test('is never longer or wider than that of one of its parts', () => {
    const age = fc.option(fc.nat(100), { nil: undefined })
    const value = fc.record({
      scope: fc.constantFrom('public', 'private', ''),
      own: age,
      shared: age,
    })
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (parts) => {
        const texts = parts.map(({ scope, own, shared }) =>
          [
            scope,
            own !== undefined && `max-age=${own}`,
            shared !== undefined && `s-maxage=${shared}`,
          ]
            .filter(Boolean)
            .join(', '),
        )
        const merged = strictestCaching(texts) ?? ''
        const ageIn = (text: string, name: string) =>
          Number(new RegExp(`(?:^|, )${name}=(\\d+)`).exec(text)?.[1] ?? 0)
        const shared = (text: string) =>
          text.includes('private')
            ? 0
            : ageIn(text, text.includes('s-maxage') ? 's-maxage' : 'max-age')
        for (const text of texts) {
          expect(ageIn(merged, 'max-age')).toBeLessThanOrEqual(ageIn(text, 'max-age'))
          expect(shared(merged)).toBeLessThanOrEqual(shared(text))
          if (text.includes('private')) expect(merged).toContain('private')
        }
      }),
    )
  })
})
