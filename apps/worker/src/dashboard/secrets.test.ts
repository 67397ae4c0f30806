import { expect, test } from 'vitest'
import { createSecrets } from './secrets.ts'

function createTimed(max = 10) {
  const time = { nowMs: 0 }
  const clock = { now: () => time.nowMs }
  return { time, secrets: createSecrets<string>({ max, lifetimeMs: 1_000, clock }) }
}

test('a secret is good until its time is over, and what is taken is void', () => {
  const { secrets, time } = createTimed()
  const [kept, taken] = [secrets.issue('kept'), secrets.issue('taken')]
  expect(kept).toMatch(/^[\w-]{43}$/)
  expect(secrets.take(taken)).toBe('taken')
  expect([secrets.take(taken), secrets.find(taken), secrets.find('')]).toEqual(
    Array(3).fill(undefined),
  )
  time.nowMs = 999
  expect(secrets.find(kept)).toBe('kept')
  time.nowMs = 1_000
  expect(secrets.take(kept)).toBeUndefined()
})

test('beyond the limit the oldest is void', () => {
  const { secrets } = createTimed(2)
  const issued = ['a', 'b', 'c'].map((value) => secrets.issue(value))
  expect(issued.map(secrets.find)).toEqual([undefined, 'b', 'c'])
})
