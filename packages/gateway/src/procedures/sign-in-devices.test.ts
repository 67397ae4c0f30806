import { createFakeClock } from '@portcullis/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSignInDevices } from './sign-in-devices.ts'

const PEPPER = Buffer.alloc(32, 7).toString('base64url')

function setUp(pepper = PEPPER, url = 'https://app.example.com') {
  const clock = createFakeClock()
  const publicUrl = new URL(url)
  const devices = createSignInDevices({ publicUrl, path: '/session.signIn', pepper, clock })
  const remember = (account: string, cookies?: string) =>
    devices.remember(account, cookies).split(';', 1)[0] as string
  return { clock, devices, remember }
}

describe('the device cookie', () => {
  test('is sent to sign-in alone, over TLS, and to no script', () => {
    const { devices } = setUp()
    expect(devices.remember('ada', undefined)).toMatch(
      /^__Secure-device=[\w-]{43}; Path=\/session\.signIn; HttpOnly; Secure; SameSite=Strict; Max-Age=15552000$/,
    )
    const local = setUp(PEPPER, 'http://localhost:4000')
    expect(local.devices.remember('ada', undefined)).toMatch(/^device=.*HttpOnly; SameSite=Strict/)
  })

  test('is good for the account that signed in, and for half a year', () => {
    const { clock, devices, remember } = setUp()
    const cookie = remember('ada')
    expect(devices.recognise('ada', cookie)).toMatch(/^[\w-]{16}$/)
    expect(devices.recognise('grace', cookie)).toBeUndefined()
    expect(
      setUp(Buffer.alloc(32, 8).toString('base64url')).devices.recognise('ada', cookie),
    ).toBeUndefined()
    clock.advance(15_552_000_000)
    expect(devices.recognise('ada', cookie)).toBeDefined()
    clock.advance(1_000)
    expect(devices.recognise('ada', cookie)).toBeUndefined()
  })

  test('holds several accounts, and of more the latest five', () => {
    const { devices, remember } = setUp()
    let cookie = ''
    for (const account of ['a', 'b', 'c', 'd', 'e', 'f', 'f']) cookie = remember(account, cookie)
    expect(cookie.split('.')).toHaveLength(5)
    expect(
      ['a', 'b', 'f'].map((account) => devices.recognise(account, cookie) !== undefined),
    ).toEqual([false, true, true])
  })

  test('of any other content is none', () => {
    const { devices, remember } = setUp()
    const valid = remember('ada').slice('__Secure-device='.length)
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.constantFrom(...'AZaz09-_.=; '), (at, character) => {
        fc.pre(valid[at] !== character)
        const changed = valid.slice(0, at) + character + valid.slice(at + 1)
        expect(devices.recognise('ada', `__Secure-device=${changed}`)).toBeUndefined()
      }),
    )
    fc.assert(
      fc.property(fc.string(), (content) => {
        expect(devices.recognise('ada', `__Secure-device=${content}`)).toBeUndefined()
      }),
    )
  })
})
