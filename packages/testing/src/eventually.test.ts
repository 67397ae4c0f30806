import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'

test('an assertion is tried until it passes, and its value comes back', async () => {
  let tries = 0
  const value = await eventually(() => {
    tries++
    expect(tries).toBe(3)
    return 'done'
  })
  expect(value).toBe('done')
})

test('an assertion that never passes fails with its last failure, after the bound', async () => {
  const never = eventually(() => expect(1).toBe(2), { timeoutMs: 60 })
  await expect(never).rejects.toThrow(/not within 60 ms: expected 1 to be 2/)
})

test('a try that hangs is given up after the bound', async () => {
  const hung = eventually(() => new Promise(() => {}), { timeoutMs: 60 })
  await expect(hung).rejects.toThrow(/not within 60 ms/)
})
