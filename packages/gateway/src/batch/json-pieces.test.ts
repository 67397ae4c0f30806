import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrayPieces, objectPieces } from './json-pieces.ts'

const spaced = (json: string) =>
  fc.constantFrom(json, ` ${json}\n`, JSON.stringify(JSON.parse(json), null, 2))
const noise = fc
  .array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', ' ', 'a', '1', '"k"', 'null'), {
    maxLength: 14,
  })
  .map((pieces) => pieces.join(''))

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('JSON pieces', () => {
  test('of any object are its members', () => {
    const text = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value))
    fc.assert(
      fc.property(text.chain(spaced), (json) => {
        const pieces = objectPieces(json)
        const members = [...(pieces ?? [])].map(([key, piece]) => [key, JSON.parse(piece)])
        expect(Object.fromEntries(members)).toEqual(JSON.parse(json))
        expect(pieces?.size).toBe(Object.keys(JSON.parse(json) as object).length)
      }),
    )
  })

  test('of any array are its elements', () => {
    const text = fc.array(fc.jsonValue()).map((value) => JSON.stringify(value))
    fc.assert(
      fc.property(text.chain(spaced), (json) => {
        expect(arrayPieces(json)?.map(parse)).toEqual(JSON.parse(json))
      }),
    )
  })

  test('never add or remove a member, whatever the text', () => {
    fc.assert(
      fc.property(noise, (text) => {
        const elements = arrayPieces(text)
        if (elements !== undefined) {
          expect(arrayPieces(`[${elements.join(',')}]`)).toEqual(elements)
        }
        const members = objectPieces(text)
        for (const piece of members?.values() ?? []) {
          expect(objectPieces(`{"0":${piece}}`)).toEqual(new Map([['0', piece]]))
        }
      }),
      { numRuns: 5_000 },
    )
  })

  test('are read from whatever JSON.parse takes for an object with distinct keys', () => {
    fc.assert(
      fc.property(noise, (text) => {
        const value = parse(text)
        if (Array.isArray(value)) expect(arrayPieces(text)?.map(parse)).toEqual(value)
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([
    '',
    '{',
    '{"a":}',
    '{"a":1,}',
    '{"a":1}x',
    '{"a":1,"a":2}',
    '{a:1}',
    '{"a" 1}',
    '[1]',
    '{"a":[}]}',
    '{"a":"}',
    '{"\\x":1}',
  ])('are not read from %s', (text) => {
    expect(objectPieces(text)).toBeUndefined()
  })

  test('do not depend on the depth of a value', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect(arrayPieces(`[${deep}]`)).toEqual([deep])
  })
})
