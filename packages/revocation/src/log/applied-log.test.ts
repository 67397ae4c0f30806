import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAppliedLog } from './applied-log.ts'
import { keyOf, type LogEvent } from './event.ts'
import type { PrincipalKeys } from './floors.ts'

const EPOCH = { counter: 3, random: 'r3' }
const SUBJECTS = ['usr_a', 'usr_b', 'usr_c'] as const

function at(seq: number) {
  return { epoch: EPOCH.counter, seq }
}

function pointAt(seq: number) {
  return { position: at(seq), nonce: `n${seq}` }
}

function revocationOf(subject: (typeof SUBJECTS)[number], seq: number): LogEvent {
  const place = { position: at(seq), nonce: `n${seq}`, previousNonce: `n${seq - 1}` }
  return { ...place, kind: 'subject.revoked', subject, cause: 'test' }
}

function keysOf(subject: (typeof SUBJECTS)[number]): PrincipalKeys {
  return { session: 'ses_x', subject, organization: null }
}

function adopted() {
  const log = createAppliedLog()
  log.adopt(EPOCH, pointAt(0), [])
  return log
}

describe('applied log', () => {
  test('before anything was read, nothing is believed', () => {
    const log = createAppliedLog()
    expect(log.isStale(keysOf('usr_a'), at(10))).toBe(true)
    expect(log.admit(pointAt(0), keysOf('usr_a'))).toBe('ahead')
  })

  test('events are applied once and in order', () => {
    const log = adopted()
    expect(log.apply(revocationOf('usr_a', 1))).toBe('applied')
    expect(log.apply(revocationOf('usr_a', 1))).toBe('known')
    expect(log.apply(revocationOf('usr_b', 2))).toBe('applied')
    expect(log.position).toEqual(at(2))
  })

  test('over a gap the floor rises and the position stays', () => {
    const log = adopted()
    expect(log.apply(revocationOf('usr_b', 2))).toBe('gap')
    expect(log.position).toEqual(at(0))
    expect(log.isStale(keysOf('usr_b'), at(0))).toBe(true)
  })

  test('an event that reuses a number with another past is a gap, not a duplicate', () => {
    const log = adopted()
    log.apply(revocationOf('usr_a', 1))
    const reused = { ...revocationOf('usr_b', 1), nonce: 'other' }
    expect(log.apply(reused)).toBe('gap')
    expect(log.isStale(keysOf('usr_b'), at(0))).toBe(true)
    const branched = { ...revocationOf('usr_c', 2), previousNonce: 'other' }
    expect(log.apply(branched)).toBe('gap')
    expect(log.position).toEqual(at(1))
  })

  test('what was checked under another epoch is stale', () => {
    const log = adopted()
    expect(log.isStale(keysOf('usr_a'), { epoch: 2, seq: 900 })).toBe(true)
    expect(log.isStale(keysOf('usr_a'), { epoch: 4, seq: 0 })).toBe(true)
  })

  test('after a trimmed log nothing checked before its head is believed', () => {
    const log = adopted()
    log.skipTo(pointAt(50))
    expect(log.isStale(keysOf('usr_a'), at(49))).toBe(true)
    expect(log.isStale(keysOf('usr_a'), at(50))).toBe(false)
  })

  test('a follower that starts believes what was checked within the entries it has read', () => {
    const log = createAppliedLog()
    const newest = [4, 5, 6].map((seq) => revocationOf('usr_a', seq))
    log.adopt(EPOCH, pointAt(6), newest)
    expect(log.isStale(keysOf('usr_b'), at(3))).toBe(false)
    expect(log.isStale(keysOf('usr_b'), at(2))).toBe(true)
    expect(log.isStale(keysOf('usr_a'), at(5))).toBe(true)
    expect(log.isStale(keysOf('usr_a'), at(6))).toBe(false)
  })

  test('a place with another nonce is not on this history, whatever its number', () => {
    const log = adopted()
    log.apply(revocationOf('usr_a', 1))
    expect(log.hasApplied(at(1), 'n1')).toBe(true)
    expect(log.hasApplied(at(1), 'other')).toBe(false)
    expect(log.hasApplied(at(2), 'n2')).toBe(false)
    expect(log.hasApplied({ epoch: 2, seq: 0 })).toBe(false)
  })

  describe('fill rule', () => {
    test('a value read further on than this instance is has to wait', () => {
      const log = adopted()
      expect(log.admit(pointAt(1), keysOf('usr_a'))).toBe('ahead')
      log.apply(revocationOf('usr_b', 1))
      expect(log.admit(pointAt(1), keysOf('usr_a'))).toBe('admitted')
    })

    test('a value read before an event about it is refused after it', () => {
      const log = adopted()
      log.apply(revocationOf('usr_a', 1))
      expect(log.admit(pointAt(0), keysOf('usr_a'))).toBe('superseded')
      expect(log.admit(pointAt(0), keysOf('usr_b'))).toBe('admitted')
    })

    test('a value read on another history is refused, whatever its number', () => {
      const log = adopted()
      log.apply(revocationOf('usr_b', 1))
      expect(log.admit({ position: at(1), nonce: 'other' }, keysOf('usr_a'))).toBe('superseded')
      expect(log.admit({ position: { epoch: 4, seq: 0 }, nonce: 'n0' }, keysOf('usr_a'))).toBe(
        'ahead',
      )
    })

    test('a value read longer ago than the window is refused', () => {
      const log = createAppliedLog({ fillWindow: 4 })
      log.adopt(EPOCH, pointAt(0), [])
      for (let seq = 1; seq <= 10; seq += 1) log.apply(revocationOf('usr_b', seq))
      expect(log.admit(pointAt(7), keysOf('usr_a'))).toBe('admitted')
      expect(log.admit(pointAt(6), keysOf('usr_a'))).toBe('superseded')
    })
  })

  test('whatever is lost, doubled or out of order, nothing revoked up to the position is believed', () => {
    const subject = fc.constantFrom(...SUBJECTS)
    const history = fc.array(subject, { minLength: 1, maxLength: 30 })
    const deliveries = fc.array(fc.nat(29), { maxLength: 90 })
    fc.assert(
      fc.property(history, deliveries, (subjects, order) => {
        const events = subjects.map((of, i) => revocationOf(of, i + 1))
        const log = adopted()
        for (const i of order) {
          const event = events[i]
          if (event) log.apply(event)
        }
        for (const event of events.slice(0, log.position.seq)) {
          const { seq } = event.position
          expect(keyOf(event)).toBe(event.subject)
          expect(log.isStale(keysOf(event.subject as 'usr_a'), at(seq - 1))).toBe(true)
        }
      }),
    )
  })
})
