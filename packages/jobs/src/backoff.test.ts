import { expect, it } from 'vitest'
import { createBackoffStrategy } from './backoff.ts'

it('a wait doubles up to its limit and stays there, however many attempts there were', () => {
  const waitAfter = createBackoffStrategy({
    type: 'exponential',
    delayMs: 1_000,
    maxDelayMs: 60_000,
  })
  expect([1, 2, 3, 6, 7, 8, 5_000].map(waitAfter)).toEqual([
    1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000,
  ])
})
