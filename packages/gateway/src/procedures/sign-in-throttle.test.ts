import { describe, expect, test } from 'vitest'
import { createSignInThrottle } from './sign-in-throttle.ts'

const throttled = expect.objectContaining({
  code: 'ERR_THROTTLED',
  retryAfterSeconds: expect.any(Number),
})

async function attempts(count: number, admit: (index: number) => Promise<void>) {
  for (let index = 0; index < count; index++) await admit(index)
}

describe('sign-in throttle', () => {
  test('stops guesses at one account from one address, however the account is written', async () => {
    const throttle = createSignInThrottle({ failuresPerAccount: 3 })
    const address = '10.0.0.1'
    await attempts(3, () => throttle.admit({ address, account: 'ada@example.com' }))
    await expect(throttle.admit({ address, account: ' Ada@Example.com' })).rejects.toEqual(
      throttled,
    )
  })

  test('locks nobody out: the owner is let in from another address', async () => {
    const throttle = createSignInThrottle({ failuresPerAccount: 1 })
    const account = 'ada@example.com'
    await throttle.admit({ address: '10.0.0.1', account })
    await expect(throttle.admit({ address: '10.0.0.1', account })).rejects.toEqual(throttled)
    await throttle.admit({ address: '10.0.0.2', account })
  })

  test('stops an address that tries many accounts', async () => {
    const throttle = createSignInThrottle({ attemptsPerAddress: 5 })
    const address = '10.0.0.1'
    await attempts(5, (index) => throttle.admit({ address, account: `a${index}@example.com` }))
    await expect(throttle.admit({ address, account: 'b@example.com' })).rejects.toEqual(throttled)
    await expect(throttle.admit({ address, account: undefined })).rejects.toEqual(throttled)
  })

  test.each([
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2'],
    ['10.0.0.1', '::ffff:10.0.0.1'],
  ])('takes %s and %s for one customer', async (one, same) => {
    const throttle = createSignInThrottle({ attemptsPerAddress: 1 })
    await throttle.admit({ address: one, account: undefined })
    await expect(throttle.admit({ address: same, account: undefined })).rejects.toEqual(throttled)
    await throttle.admit({ address: '2001:db8:0:2::1', account: undefined })
  })

  test('forgets failures after a success, and an attempt that nobody could judge', async () => {
    const throttle = createSignInThrottle({ failuresPerAccount: 2 })
    const attempt = { address: '10.0.0.1', account: 'ada' }
    await attempts(10, async () => {
      await throttle.admit(attempt)
      await throttle.refund(attempt)
    })
    await attempts(2, () => throttle.admit(attempt))
    await throttle.succeed(attempt)
    await attempts(2, () => throttle.admit(attempt))
    await expect(throttle.admit(attempt)).rejects.toEqual(throttled)
  })

  test('remembers a bounded number of addresses, those seen last', async () => {
    const throttle = createSignInThrottle({ attemptsPerAddress: 1, maxKeys: 2 })
    const admit = (address: string) => throttle.admit({ address, account: undefined })
    await admit('10.0.0.1')
    await admit('10.0.0.2')
    await expect(admit('10.0.0.2')).rejects.toEqual(throttled)
    await admit('10.0.0.3')
    await expect(admit('10.0.0.2')).rejects.toEqual(throttled)
    await admit('10.0.0.1')
  })
})
