import { createLogger } from '@portcullis/runtime'
import { createFakeClock } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { createLease } from '../fence/lease.ts'
import { createFencedPeriods } from './fenced-periods.ts'

const LENGTH_MS = 1_000

function watch() {
  const clock = createFakeClock()
  const lease = createLease(LENGTH_MS, clock)
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ name: 'test', destination })
  let seconds = 0
  const add = (amount: number) => {
    seconds += amount
  }
  const options = { lease, clock, logger, seconds: { add }, intervalMs: 100_000 }
  const periods = createFencedPeriods(options)
  return {
    clock,
    periods,
    /** What was logged since the last call. */
    logged: () => lines.splice(0).map((line) => JSON.parse(line)),
    seconds: () => Math.round(seconds * 1_000) / 1_000,
    grant() {
      lease.grant(lease.instant())
      periods.check()
    },
    [Symbol.dispose]: () => periods[Symbol.dispose](),
  }
}

test('a lease that is renewed in time leaves no trace', () => {
  using watched = watch()
  for (let n = 0; n < 20; n += 1) {
    watched.grant()
    watched.clock.advance(LENGTH_MS - 1)
  }
  expect(watched.logged()).toEqual([])
  expect(watched.seconds()).toBe(0)
})

test('a period without one is counted from the end of the lease, while it lasts, and logged at both ends', () => {
  using watched = watch()
  const { clock, periods } = watched
  watched.grant()
  clock.advance(LENGTH_MS + 300)
  periods.check()
  expect(watched.logged()).toMatchObject([{ msg: 'no lease: decisions are refused' }])
  expect(watched.seconds()).toBe(0.3)
  clock.advance(200)
  periods.check()
  expect(watched.logged()).toEqual([])
  expect(watched.seconds()).toBe(0.5)
  clock.advance(100)
  watched.grant()
  expect(watched.logged()).toMatchObject([{ msg: 'the lease is back', fencedMs: 600 }])
  expect(watched.seconds()).toBe(0.6)
})

test('an instance that gets no lease at first is fenced from its start', () => {
  using watched = watch()
  watched.clock.advance(400)
  watched.periods.check()
  watched.clock.advance(100)
  watched.grant()
  expect(watched.logged()).toMatchObject([{}, { fencedMs: 500 }])
  expect(watched.seconds()).toBe(0.5)
})
