import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventSchema, keyOf, parseHint } from './event.ts'

const entry = ['2-7', ['k', 'session.revoked', 'n', 'aa', 'p', 'bb', 'c', 'sign-out', 's', 'ses_x']]

describe('log entries', () => {
  test('an entry of the stream, in bytes, and one of the channel, in JSON, read alike', () => {
    const bytes = [Buffer.from('2-7'), (entry[1] as string[]).map((item) => Buffer.from(item))]
    const event = eventSchema.parse(bytes)
    expect(event).toEqual({
      position: { epoch: 2, seq: 7 },
      nonce: 'aa',
      previousNonce: 'bb',
      kind: 'session.revoked',
      session: 'ses_x',
      cause: 'sign-out',
    })
    expect(parseHint(JSON.stringify([entry]))).toEqual([event])
  })

  test('who asked, when and under which id is read, and never makes an event unreadable', () => {
    const fields = ['k', 'subject.revoked', 'n', 'aa', 'p', 'bb', 'c', 'left', 'u', 'usr_bob']
    const known = ['t', '1700000000000', 'a', 'usr_ada', 'x', 'chg:1']
    expect(eventSchema.parse(['2-7', [...fields, ...known]])).toMatchObject({
      at: 1_700_000_000_000,
      actor: 'usr_ada',
      change: 'chg:1',
    })
    const odd = eventSchema.parse(['2-7', [...fields, 't', 'noon', 'a', 'nobody', 'x', '']])
    expect(odd).toEqual(eventSchema.parse(['2-7', fields]))
  })

  test('a kind that this version does not know is about everyone', () => {
    const event = eventSchema.parse(['2-7', ['k', 'planet.exploded', 'n', 'a', 'p', 'b', 'c', '']])
    expect(keyOf(event)).toBe('everyone')
  })

  test('a known kind without its key is about everyone', () => {
    const event = eventSchema.parse(['2-7', ['k', 'subject.revoked', 'n', 'a', 'p', 'b', 'c', '']])
    expect(keyOf(event)).toBe('everyone')
  })

  test('a hint is read as the log is, and what the log could not hold is refused', () => {
    const names = fc.constantFrom(...'knpcsuoitax', '__proto__')
    const values = fc.constantFrom(
      'session.revoked',
      '',
      'ses_x',
      'usr_x',
      'org_x',
      'ins_x',
      'x',
      '1700',
    )
    const fields = fc.array(fc.tuple(names, values), { maxLength: 10 }).map((pairs) => pairs.flat())
    const valid = ['k', 'claims.changed', 'n', 'a', 'p', 'b', 'c', '']
    const flat = fc.oneof(
      fields,
      fields.map((more) => [...valid, ...more]),
      fc.array(fc.jsonValue()),
    )
    const id = fc.oneof(fc.constantFrom('2-7', '2-', '-7', '2-7-1', 'x'), fc.jsonValue())
    const entries = fc.array(fc.oneof(fc.tuple(id, flat), fc.jsonValue()), { maxLength: 3 })
    fc.assert(
      fc.property(entries, (hint) => {
        const message = JSON.stringify(hint)
        const asLog = z.array(eventSchema).safeParse(JSON.parse(message))
        expect(parseHint(message)).toEqual(asLog.success ? asLog.data : null)
      }),
      { numRuns: 2_000 },
    )
  })

  test('no message throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (message) => {
        for (const { position } of parseHint(message) ?? []) {
          expect(position.seq).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})
