import { parse, stringify } from 'devalue'
import fc from 'fast-check'
import superjson from 'superjson'
import { describe, expect, test } from 'vitest'
import { envelopeOf } from './envelope.ts'
import { headLine, resultLine } from './streamed-lines.ts'

const devalue = {
  name: 'devalue',
  serialize: stringify,
  deserialize: (text: unknown) => parse(String(text)),
}
const ENVELOPES = [envelopeOf('none'), envelopeOf('superjson'), envelopeOf(devalue)]
// No quotes: JSON.parse of Node 24.21 takes a key for an earlier one that differs in nothing but an escaped `"` for a `\`.
const key = fc.stringMatching(/^[a-z.\\ ]{1,6}$/)
const date = fc.date({ noInvalidDate: true })

/** Values that a transformer carries. */
function valuesOf(name: string): fc.Arbitrary<unknown> {
  const plain = [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)]
  const rich = name === 'none' ? [] : [date, fc.bigInt(), fc.constant(undefined)]
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      ...plain,
      ...rich,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value
}

describe.each(ENVELOPES)('the envelope of $name', (envelope) => {
  test('gives back what was put in', () => {
    fc.assert(
      fc.property(fc.array(valuesOf(envelope.name)), (values) => {
        expect(envelope.unpack(JSON.parse(envelope.wrap(values)))).toEqual(values)
      }),
    )
  })

  test('can be changed in places without touching what else is in it', () => {
    fc.assert(
      fc.property(valuesOf(envelope.name), fc.nat(), fc.nat(), (value, id, newId) => {
        const packed = JSON.parse(envelope.wrap([id, 0, [[value], ['data', 1, id + 1]]]))
        const { value: line, pack } = envelope.open(packed)
        const [, status, [data, [name, kind]]] = line as [number, number, [unknown, unknown[]]]
        const changed = pack([newId, status, [data, [name, kind, newId + 1]]])
        expect(envelope.unpack(JSON.parse(JSON.stringify(changed)))).toEqual([
          newId,
          0,
          [[value], ['data', 1, newId + 1]],
        ])
      }),
    )
  })

  test('is on each line of a streamed batch', () => {
    const lines = [headLine([4, 7], envelope), resultLine(7, { result: { data: 1 } }, envelope)]
    expect(lines.map((line) => envelope.unpack(JSON.parse(line)))).toEqual([
      { 0: [[0], [null, 0, 4]], 1: [[0], [null, 0, 7]] },
      [7, 0, [[{ result: { data: 1 } }]]],
    ])
  })
})

test('what the gateway writes is what tRPC’s client reads with the transformer itself', () => {
  fc.assert(
    fc.property(valuesOf('superjson'), (value) => {
      const written = JSON.parse(envelopeOf('superjson').wrap([value]))
      expect(superjson.deserialize(written)).toEqual([value])
      expect(parse(JSON.parse(envelopeOf(devalue).wrap([value])))).toEqual([value])
    }),
  )
})
