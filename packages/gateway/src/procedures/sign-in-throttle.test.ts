import { createFakeClock } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createSignInDevices } from './sign-in-devices.ts'
import { createSignInNetworks } from './sign-in-networks.ts'
import {
  checkSignInThrottle,
  createSignInThrottle,
  type SignInThrottleOptions,
} from './sign-in-throttle.ts'

const PEPPER = Buffer.alloc(32, 7).toString('base64url')
const throttled = expect.objectContaining({
  code: 'ERR_THROTTLED',
  retryAfterSeconds: expect.any(Number),
})

function setUp(options: SignInThrottleOptions = {}) {
  const clock = createFakeClock()
  const publicUrl = new URL('https://app.example.com')
  const throttle = createSignInThrottle(checkSignInThrottle(options), {
    devices: createSignInDevices({ publicUrl, path: '/session.signIn', pepper: PEPPER, clock }),
    networks: createSignInNetworks({ pepper: PEPPER, maxKeys: 100 }),
    clock,
  })
  const admit = (address: string, account?: string, cookies?: string) =>
    throttle.admit({ address, account, cookies })
  async function fail(times: number, address: string, account?: string, cookies?: string) {
    for (let n = 0; n < times; n++) await admit(address, account, cookies)
  }
  async function succeed(address: string, account: string, cookies?: string) {
    const cookie = await (await admit(address, account, cookies)).succeeded()
    return cookie?.split(';', 1)[0] ?? ''
  }
  return { clock, admit, fail, succeed }
}

describe('strangers', () => {
  test('cannot guess at one account from however many addresses', async () => {
    const { fail, admit } = setUp({ failuresPerAccount: 3 })
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) await fail(1, address, 'ada')
    await expect(admit('10.0.0.4', 'ada')).rejects.toEqual(throttled)
    await admit('10.0.0.4', 'grace')
  })

  test('are not believed to mean another account by writing it otherwise', async () => {
    const { fail, admit } = setUp({ failuresPerAccount: 1 })
    await fail(1, '10.0.0.1', 'ada@example.com')
    for (const account of [' Ada@Example.com ', 'ＡＤＡ@example.com']) {
      await expect(admit('10.0.0.2', account)).rejects.toEqual(throttled)
    }
  })

  test('cannot try many accounts from one address, nor from one network of IPv6', async () => {
    const { fail, admit } = setUp({ failuresPerAddress: 3 })
    await fail(2, '2001:db8::1', 'ada')
    await fail(1, '2001:db8::2', undefined)
    await expect(admit('2001:db8::3', 'linus')).rejects.toEqual(throttled)
    await admit('2001:db8:0:1::1', 'linus')
  })

  test('cannot try many accounts from many addresses', async () => {
    const { fail, admit, clock } = setUp({ failuresOverall: 10 })
    for (let n = 0; n < 10; n++) await fail(1, `10.0.0.${n}`, `account-${n}`)
    await expect(admit('10.0.1.0', 'ada')).rejects.toEqual(throttled)
    clock.advance(60_000)
    await admit('10.0.1.0', 'ada')
  })

  test('who succeed use up nothing but attempts of their address', async () => {
    const { succeed, admit } = setUp({
      attemptsPerAddress: 5,
      failuresPerAddress: 1,
      failuresPerAccount: 1,
      failuresOverall: 1,
    })
    for (let n = 0; n < 5; n++) await succeed('10.0.0.1', `account-${n}`)
    await expect(admit('10.0.0.1', 'another')).rejects.toEqual(throttled)
  })

  test('do not begin anew by signing in to an account of their own', async () => {
    const { fail, succeed, admit } = setUp({ failuresPerAddress: 2, failuresPerAccount: 2 })
    await fail(1, '10.0.0.1', 'ada')
    await succeed('10.0.0.1', 'mallory')
    await fail(1, '10.0.0.1', 'ada')
    await expect(admit('10.0.0.1', 'ada')).rejects.toEqual(throttled)
    await expect(admit('10.0.0.2', 'ada')).rejects.toEqual(throttled)
  })

  test('get an attempt back that nobody could judge', async () => {
    const { admit, fail } = setUp({
      failuresPerAddress: 1,
      failuresPerAccount: 1,
      failuresOverall: 1,
    })
    for (let n = 0; n < 10; n++) await (await admit('10.0.0.1', 'ada')).takeBack()
    await fail(1, '10.0.0.1', 'ada')
    await expect(admit('10.0.0.1', 'ada')).rejects.toEqual(throttled)
  })
})

describe('the owner of an account that strangers guess at', () => {
  const LIMITS = { attemptsPerAddress: 3, failuresPerAccount: 3, failuresOverall: 3 }

  test('signs in from a device that is known, wherever it is', async () => {
    const { succeed, fail, admit } = setUp(LIMITS)
    const device = await succeed('192.0.2.1', 'ada')
    await fail(3, '10.0.0.1', 'ada')
    await expect(admit('10.0.0.2', 'ada')).rejects.toEqual(throttled)
    await succeed('10.0.0.1', 'ADA', `theme=dark; ${device}`)
  })

  test('signs in from a network that is known, without a cookie', async () => {
    const { succeed, fail, admit } = setUp(LIMITS)
    await succeed('192.0.2.1', 'ada')
    await fail(3, '10.0.0.1', 'ada')
    await succeed('192.0.2.1', 'ada')
    await expect(admit('192.0.2.1', 'grace')).rejects.toEqual(throttled)
  })

  test('has a number of failures there as well, and a new one after a success', async () => {
    const { succeed, fail, admit, clock } = setUp({ failuresPerDevice: 3 })
    let device = await succeed('192.0.2.1', 'ada')
    await fail(2, '192.0.2.1', 'ada', device)
    device = await succeed('192.0.2.1', 'ada', device)
    await fail(3, '192.0.2.1', 'ada', device)
    await expect(admit('198.51.100.1', 'ada', device)).rejects.toEqual(throttled)
    clock.advance(900_000)
    await admit('198.51.100.1', 'ada', device)
  })

  test('is not met by a stranger with the cookie of another account, or a made-up one', async () => {
    const { succeed, fail, admit } = setUp({ failuresPerAccount: 1 })
    const mallory = await succeed('10.0.0.1', 'mallory')
    await fail(1, '10.0.0.2', 'ada')
    const forged = `__Secure-device=${Buffer.alloc(32, 1).toString('base64url')}`
    for (const cookies of [mallory, forged, `${mallory}x`, '__Secure-device=', 'device=a.b.c']) {
      await expect(admit('10.0.0.1', 'ada', cookies)).rejects.toEqual(throttled)
    }
  })
})

test('a bounded number of addresses is remembered, those seen last', async () => {
  const { admit } = setUp({ attemptsPerAddress: 1, maxKeys: 2 })
  await admit('10.0.0.1')
  await admit('10.0.0.2')
  await expect(admit('10.0.0.2')).rejects.toEqual(throttled)
  await admit('10.0.0.3')
  await expect(admit('10.0.0.2')).rejects.toEqual(throttled)
  await admit('10.0.0.1')
})

test.each(['attemptsPerAddress', 'failuresOverall', 'unknown'])('%s of -1 is refused', (name) => {
  expect(() => checkSignInThrottle({ [name]: -1 })).toThrow(/^signInThrottle: /)
})
