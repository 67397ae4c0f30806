import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparePositions, formatPosition, parsePosition } from './index.ts'

const positions = fc.record({
  epoch: fc.nat({ max: 999_999_999_999_999 }),
  seq: fc.nat({ max: 999_999_999_999_999 }),
})

describe('position', () => {
  test('its text form reads back', () => {
    fc.assert(
      fc.property(positions, (at) => {
        expect(parsePosition(formatPosition(at))).toEqual(at)
      }),
    )
  })

  test('text that is no position is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parsePosition(text)
        if (parsed) expect(formatPosition(parsed)).toBe(text)
      }),
    )
    for (const text of [
      '',
      '1',
      '1.',
      '.1',
      '1.2.3',
      '01.2',
      '-1.2',
      '1.2\n',
      `1.${'9'.repeat(16)}`,
    ])
      expect(parsePosition(text)).toBeUndefined()
  })

  test('a higher epoch is later, whatever its seq', () => {
    expect(comparePositions({ epoch: 2, seq: 0 }, { epoch: 1, seq: 999 })).toBeGreaterThan(0)
  })
})
