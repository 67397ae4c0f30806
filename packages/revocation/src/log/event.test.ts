import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventSchema, hintSchema, keyOf } from './event.ts'

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
    expect(hintSchema.parse(JSON.stringify([entry]))).toEqual([event])
  })

  test('a kind that this version does not know is about everyone', () => {
    const event = eventSchema.parse(['2-7', ['k', 'planet.exploded', 'n', 'a', 'p', 'b', 'c', '']])
    expect(keyOf(event)).toBe('everyone')
  })

  test('a known kind without its key is about everyone', () => {
    const event = eventSchema.parse(['2-7', ['k', 'subject.revoked', 'n', 'a', 'p', 'b', 'c', '']])
    expect(keyOf(event)).toBe('everyone')
  })

  test('whatever the channel carries is either events or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (message) => {
        const parsed = hintSchema.safeParse(message)
        if (parsed.success) {
          for (const event of parsed.data) expect(event.position.seq).toBeGreaterThanOrEqual(0)
        } else {
          expect(parsed.error.issues.length).toBeGreaterThan(0)
        }
      }),
    )
  })
})
