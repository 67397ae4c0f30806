import { createId } from '@portcullis/context'
import { createFakeClock } from '@portcullis/testing'
import { expect, test } from 'vitest'
import type { Epoch } from '../log/applied-log.ts'
import { createSeenEpoch } from '../log/seen-epoch.ts'
import type { FencePage } from './fence.ts'
import { createMetEpochs } from './met-epochs.ts'

const own: Epoch = { counter: 5, random: 'own' }

function pageOf(...met: Epoch[]): FencePage {
  const position = { epoch: own.counter, seq: 0 }
  const common = { service: 'orders', drives: false, leaseMs: 100, applied: position, repaired: '' }
  return {
    epoch: own,
    head: { position, nonce: 'own' },
    entries: [],
    barrier: 'settled',
    members: met.map((each) => ({
      id: createId('ins'),
      text: '',
      record: { ...common, met: each, fences: 1 },
    })),
    serverTime: 0,
    sent: { now: 0, wall: 0 },
    isProven: true,
    receivedAt: 0,
  }
}

function start() {
  const clock = createFakeClock()
  const seen = createSeenEpoch()
  seen.note(own)
  return { clock, seen, meet: createMetEpochs(seen, clock) }
}

test.each([
  ['a higher one', { counter: 6, random: 'x' }, true],
  ['another that counts alike', { counter: 5, random: 'x' }, true],
  ['the very one', own, false],
  ['a lower one', { counter: 4, random: 'x' }, false],
  ['one that is too high to be true', { counter: 5_000_000, random: 'x' }, false],
])('%s that a member has met', (_, met, isBehind) => {
  const { seen, meet } = start()
  meet(pageOf(own, met))
  expect(seen.isBehind(own)).toBe(isBehind)
})

test('one for somebody else in a minute, whoever claims what', () => {
  const { seen, meet, clock } = start()
  meet(pageOf({ counter: 6, random: 'x' }))
  const opened = { counter: 7, random: 'opened' }
  seen.note(opened)
  const next = { ...pageOf({ counter: 8, random: 'y' }), epoch: opened }
  clock.advance(59_000)
  meet(next)
  expect(seen.isBehind(opened)).toBe(false)
  clock.advance(1_000)
  meet(next)
  expect(seen.isBehind(opened)).toBe(true)
})
