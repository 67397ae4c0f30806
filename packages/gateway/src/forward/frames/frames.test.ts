import { parse as parseDevalue, stringify } from 'devalue'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../errors.ts'
import { type Envelope, envelopeOf } from '../../respond/envelope.ts'
import { createEventFrames } from './event-frames.ts'
import { createLineFrames } from './line-frames.ts'

const plain = envelopeOf('none')
const superjson = envelopeOf('superjson')
const devalued = envelopeOf({ name: 'devalue', serialize: stringify, deserialize: revive })
const ended = new GatewayError('ERR_SESSION_REVOKED')

/** All that has gone out of `text`, cut into chunks of these lengths. */
function passThrough(frames: ReturnType<typeof createEventFrames>, text: string, sizes: number[]) {
  const bytes = Buffer.from(text)
  const out: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] as number
    const pieces = frames.push(bytes.subarray(at, at + size))
    if (pieces) {
      frames.wrote(pieces)
      out.push(pieces)
    }
    at += size
  }
  return out
}

function revive(value: unknown): unknown {
  return parseDevalue(String(value))
}

describe('events', () => {
  test('go out whole, and nothing of them is lost, however they are cut', () => {
    const event = fc.stringMatching(/^data: [a-zä]{0,20}$/)
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 })
    fc.assert(
      fc.property(
        fc.array(event),
        sizes,
        fc.constantFrom('\n\n', '\n\n\n', '\r\n\r\n', '\r\r'),
        (events, cuts, end) => {
          const text = events.map((line) => line + end).join('')
          const frames = createEventFrames(plain, undefined)
          const out = passThrough(frames, `${text}data: begun`, cuts)
          for (const pieces of out) expect(pieces.toString()).toMatch(/(\n\n|\r\n\r\n|\r\r)$/)
          const all = Buffer.concat([...out, frames.rest() ?? Buffer.alloc(0)]).toString()
          expect(all).toBe(`${text}data: begun`)
          expect(frames.failure(ended)).toMatch(
            /^retry: \d+\nevent: serialized-error\ndata: .*\n\n$/,
          )
        },
      ),
    )
  })

  test('one that is too large to be kept goes out as it comes, and no error can be put into it', () => {
    const frames = createEventFrames(plain, undefined)
    const [first] = passThrough(frames, 'x'.repeat(70_000), [70_000])
    expect(first?.length).toBe(70_000)
    expect(frames.failure(ended)).toBeUndefined()
    expect(frames.push(Buffer.from('y\n\ndata'))?.toString()).toBe('y\n\n')
    expect(frames.failure(ended)).toBeDefined()
  })
})

function lineFrames(envelope: Envelope, paths: string[], maxOpen = 100) {
  return createLineFrames({ envelope, calls: paths.map((path, id) => ({ id, path })), maxOpen })
}

const parse = (line: string) => (line === '' ? undefined : JSON.parse(line))

describe('lines', () => {
  const HEAD = '{"0":[[0],[null,0,0]],"1":[[0],[null,0,1]]}'

  /** What is left open after these lines, as the ids and statuses that end it. */
  function openAfter(lines: string[], envelope = plain) {
    const frames = lineFrames(envelope, ['orders.list', 'orders.count'])
    const texts = [HEAD, ...lines].map((line) => `${envelope.wrap(JSON.parse(line))}\n`)
    passThrough(frames, texts.join(''), [7])
    const failure = frames.failure(ended) ?? ''
    return failure
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const parsed = JSON.parse(line)
        const [id, status] = envelope.unpack(parsed) as number[]
        return [id, status]
      })
  }

  test.each([
    [
      'calls that were not answered',
      [],
      [
        [0, 0],
        [1, 0],
      ],
    ],
    [
      'the parts of an answer',
      ['[0,0,[[{"result":0}],["result",0,2]]]'],
      [
        [1, 0],
        [2, 1],
      ],
    ],
    [
      'values to come, but not what failed',
      [
        '[0,0,[[{"result":0}],["result",0,2]]]',
        '[1,0,[[{"error":{"message":"]]"}}]]]',
        '[2,0,[[{"data":0}],["data",1,3]]]',
        '[3,1,[[{"a":["x",0,9]}]]]',
      ],
      [[3, 2]],
    ],
    [
      'not what has ended',
      [
        '[0,0,[[{"result":0}],["result",0,2]]]',
        '[2,0,[[{"data":0}],["data",1,3]]]',
        '[3,0,[[]]]',
        '[1,0,[[{"result":0}],["result",0,4]]]',
        '[4,1,{"message":"failed"}]',
      ],
      [],
    ],
    [
      'what a value refers to by any name',
      ['[0,0,[[{"a":0,"b]":0}],["a",0,2],["b]\\",[",1,3]]]', '[1,0,[[1]]]'],
      [
        [2, 1],
        [3, 2],
      ],
    ],
  ] as [string, string[], number[][]][])('an error ends %s', (_, lines, open) => {
    expect(openAfter(lines)).toEqual(open)
    for (const envelope of [superjson, devalued]) {
      expect(openAfter(lines, envelope)).toEqual(open)
    }
  })

  test('what the transformer says of a line is not taken for a part of it', () => {
    const line =
      '{"json":[0,0,[[{"result":0}],["result",1,2]]],"meta":{"values":{"2.0.0.at":["Date"]}}}'
    const frames = lineFrames(superjson, ['orders.list'])
    passThrough(frames, `{"json":{"0":[[0],[null,0,0]]}}\n${line}\n`, [11])
    expect(JSON.parse(frames.failure(ended) ?? '').json).toMatchObject([2, 2, { code: -32001 }])
  })

  test('a batch can be ended before its first line, which is then given', () => {
    const frames = lineFrames(plain, ['orders.list'])
    expect(passThrough(frames, '{"0":', [3])).toEqual([])
    const [head, error] = (frames.failure(ended) ?? '').split('\n').map(parse)
    expect(head).toEqual({ 0: [[0], [null, 0, 0]] })
    expect(error).toMatchObject([0, 0, [[{ error: { data: { path: 'orders.list' } } }]]])
  })

  test('spaces between two of them go out at once: they keep the connection alive', () => {
    const frames = lineFrames(plain, ['orders.list'])
    const out = passThrough(frames, `${HEAD}\n  [0,0,[[1]]]`, [HEAD.length + 2])
    expect(Buffer.concat(out).toString()).toBe(`${HEAD}\n  `)
    frames.wrote(frames.push(Buffer.from('\n')) ?? Buffer.alloc(0))
    expect(frames.failure(ended)).toBe('')
  })

  test('beyond what may be open a batch can only be broken off', () => {
    const frames = lineFrames(plain, ['orders.list'], 2)
    const announcing = '[0,0,[[{"a":0,"b":0,"c":0}],["a",0,1],["b",0,2],["c",0,3]]]'
    passThrough(frames, `${HEAD}\n${announcing}\n`, [9])
    expect(frames.failure(ended)).toBeUndefined()
  })
})
