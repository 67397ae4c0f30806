import { parse, stringify } from 'devalue'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Envelope, envelopeOf } from '../../respond/envelope.ts'
import { PartReader } from './part-reader.ts'

const ENVELOPES = [
  envelopeOf('none'),
  envelopeOf('superjson'),
  envelopeOf({ name: 'devalue', serialize: stringify, deserialize: (text) => parse(String(text)) }),
]
const LIMITS = { batchLineBytes: 1_000_000, streamOpenValues: 1_000 }

// Transformers refuse some keys, and -0 is 0 in JSON.
const jsonValue = fc
  .json()
  .filter((json) => !/__proto__|constructor|prototype/.test(json))
  .map((json): unknown => JSON.parse(json.replaceAll('-0', '0')))

/** What one service answers: each value it gave, and what it announced by it. */
interface Given {
  readonly id: number
  readonly status: number
  readonly data: unknown
  readonly announced: readonly (readonly [key: string | null, type: number, id: number])[]
}

/** Answers to `calls` calls as tRPC numbers them: ids in the order in which values are announced. */
function streamsOf(calls: number): fc.Arbitrary<Given[]> {
  const choice = fc.record({
    of: fc.nat(),
    announces: fc.array(fc.constantFrom(0, 1), { maxLength: 3 }),
    ends: fc.boolean(),
    data: jsonValue,
  })
  return fc.array(choice, { maxLength: 30 }).map((choices) => {
    const open = new Map(Array.from({ length: calls }, (_, id) => [id, 0]))
    let next = calls
    const given: Given[] = []
    for (const { of, announces, ends, data } of choices) {
      const id = [...open.keys()][of % open.size]
      if (id === undefined) break
      const isOver = open.get(id) === 0 || ends
      const status = isOver ? 0 : 1
      if (isOver) open.delete(id)
      const announced = announces.map((type, index) => [`k${index}`, type, next++] as const)
      for (const [, type, to] of announced) open.set(to, type)
      given.push({ id, status, data, announced })
    }
    return given
  })
}

function linesOf(calls: number, given: readonly Given[], envelope: Envelope): string[] {
  const head = Object.fromEntries(
    Array.from({ length: calls }, (_, id) => [id, [[0], [null, 0, id]]]),
  )
  const lines = given.map(({ id, status, data, announced }) => [id, status, [[data], ...announced]])
  return [head, ...lines].map((line) => `${envelope.wrap(line)}\n`)
}

/** Reads a text in chunks of these sizes. */
function read(reader: PartReader, text: string, sizes: readonly number[]): string {
  const bytes = Buffer.from(text)
  let out = ''
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number
    out += reader.push(bytes.subarray(at, at + size))
    at += size
  }
  return out
}

const readerOf = (envelope: Envelope, calls: number, newId = (id: number) => id * 3 + 1) => {
  const paths = Array.from({ length: calls }, (_, index) => `orders.p${index}`)
  return new PartReader({ paths, newId, envelope, limits: LIMITS })
}

describe.each(ENVELOPES)('a part of a streamed batch, with $name', (envelope) => {
  test('has the values it had, under ids of the whole batch, however it was cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
    fc.assert(
      fc.property(streamsOf(3), sizes, fc.nat(3), (given, cuts, spaces) => {
        const reader = readerOf(envelope, 3)
        const ping = ' '.repeat(spaces)
        const text = linesOf(3, given, envelope).map((line) => ping + line)
        const out = read(reader, text.join(''), cuts)
        expect(reader.failure).toBeUndefined()
        const lines = out.split('\n').slice(0, -1)
        const seen = lines.map((line) => envelope.unpack(JSON.parse(line)))
        const newId = (id: number) => id * 3 + 1
        const moved = given.map(({ id, status, data, announced }) => [
          newId(id),
          status,
          [[data], ...announced.map(([key, type, to]) => [key, type, newId(to)])],
        ])
        expect(seen).toEqual(moved)
      }),
    )
  })

  test('owes what it announced and has not given, and nothing else', () => {
    fc.assert(
      fc.property(streamsOf(2), (given) => {
        const reader = readerOf(envelope, 2, (id) => id)
        read(reader, linesOf(2, given, envelope).join(''), [1_000])
        const owed = new Set([0, 1])
        for (const { id, status, announced } of given) {
          if (status === 0) owed.delete(id)
          for (const [, , to] of announced) owed.add(to)
        }
        const failed = reader.failAll((path) => ({ path }))
        const lines = failed.split('\n').slice(0, -1)
        const ids = lines.map((line) => (envelope.unpack(JSON.parse(line)) as number[])[0])
        expect(new Set(ids)).toEqual(owed)
        expect(ids.length).toBe(owed.size)
        expect(reader.failAll((path) => ({ path }))).toBe('')
      }),
    )
  })

  test('never makes more of any text than lines and spaces, and fails once it is not what it should be', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', '"', ',', ':', '0', '1', '2', '\n', ' ', 'null', '"error"', '"json"'],
      ...['[0,0,[[1]]]\n', '[[0],[null,0,0]]', '{"0":[[0],[null,0,0]]}\n', '[1,0,[[1]]]\n'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const reader = readerOf(envelope, 1)
        const out = read(reader, pieces.join(''), [5])
        for (const line of out.split('\n').slice(0, -1)) envelope.unpack(JSON.parse(line))
        expect(out.split('\n').at(-1)?.trim()).toBe('')
      }),
      { numRuns: 2_000 },
    )
  })

  test('that fails as a whole fails each of its calls with the service’s own error', () => {
    const reader = readerOf(envelope, 2)
    const error = {
      message: 'no',
      code: -32600,
      data: { at: envelope.name === 'none' ? 1 : new Date(5) },
    }
    reader.push(Buffer.from(JSON.stringify({ error: envelope.pack(error) })))
    const lines = reader.end().split('\n').slice(0, -1)
    expect(lines.map((line) => envelope.unpack(JSON.parse(line)))).toEqual([
      [1, 0, [[{ error }]]],
      [4, 0, [[{ error }]]],
    ])
  })
})

describe('a part that is not what tRPC answers', () => {
  const envelope = envelopeOf('none')
  const HEAD = '{"0":[[0],[null,0,0]]}\n'
  test.each([
    ['another head', '{"0":[[0],[null,0,1]]}\n'],
    ['too many calls', '{"0":[[0],[null,0,0]],"1":[[0],[null,0,1]]}\n'],
    ['no JSON', '<html>\n'],
    ['a line for nothing', `${HEAD}[7,0,[[1]]]\n`],
    ['two answers', `${HEAD}[0,0,[[1]]]\n[0,0,[[2]]]\n`],
    ['an id announced twice', `${HEAD}[0,0,[[{}],["a",0,1],["b",0,1]]]\n`],
    ['an unknown status', `${HEAD}[0,3,[[1]]]\n`],
    ['an error of an iterable for a promise', `${HEAD}[0,2,{}]\n`],
    ['half a line of JSON', `${HEAD}[0,0,[[1]]\n`],
  ])('fails: %s', (_, text) => {
    const reader = readerOf(envelope, 1)
    reader.push(Buffer.from(text))
    expect(reader.failure).toMatchObject({ code: 'ERR_SERVICE_RESPONSE_INVALID' })
  })

  test('loses nothing that came before', () => {
    const reader = readerOf(envelope, 2)
    const head = '{"0":[[0],[null,0,0]],"1":[[0],[null,0,1]]}\n'
    expect(reader.push(Buffer.from(`${head}[1,0,[[1]]]\nnonsense\n`))).toBe('[4,0,[[1]]]\n')
    expect(reader.failure).toBeDefined()
    expect(reader.failAll((path) => path)).toBe('[1,0,[[{"error":"orders.p0"}]]]\n')
  })

  test('a line over the limit and too many open values are refused', () => {
    const limits = { batchLineBytes: 100, streamOpenValues: 2 }
    const long = new PartReader({ paths: ['a'], newId: (id) => id, envelope, limits })
    long.push(Buffer.from(`${HEAD}[0,0,[["${'x'.repeat(50)}`))
    expect(long.failure).toBeUndefined()
    long.push(Buffer.from('x'.repeat(50)))
    expect(long.failure).toMatchObject({ code: 'ERR_SERVICE_RESPONSE_INVALID' })
    const many = new PartReader({ paths: ['a'], newId: (id) => id, envelope, limits })
    many.push(Buffer.from(`${HEAD}[0,0,[[{}],["a",0,1],["b",0,2],["c",0,3]]]\n`))
    expect(many.failure).toMatchObject({ code: 'ERR_SERVICE_RESPONSE_INVALID' })
  })

  test('ends in the middle of what it owes', () => {
    for (const text of ['', HEAD, `${HEAD}[0,0,[[1]]]\n[`]) {
      const reader = readerOf(envelope, 1)
      reader.push(Buffer.from(text))
      expect(() => reader.end()).toThrow('unusable')
    }
  })
})
