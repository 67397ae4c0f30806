import { generateSync } from 'otplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recoveryCodes, totp } from '../src/database/schema.ts'
import { verifyPassword } from '../src/passwords/verify-password.ts'
import {
  createSecondFactor,
  type SecondFactor,
  type SecondFactorOptions,
} from '../src/totp/second-factor.ts'
import {
  GRACE,
  openChanges,
  RecordingPublisher,
  type SeededAccounts,
  startSeeded,
  TOTP_KEY,
} from './accounts-fixture.ts'
import { refusalOf, startRunning } from './running-accounts.ts'

let accounts: SeededAccounts
let secondFactor: SecondFactor
let publisher: RecordingPublisher
let nowMs: number
beforeAll(async () => {
  accounts = await startSeeded()
})
beforeEach(async () => {
  await accounts.reset()
  nowMs = 1_800_000_000_000
  publisher = new RecordingPublisher()
  secondFactor = open({ totpKey: TOTP_KEY })
})
afterAll(() => accounts[Symbol.asyncDispose]())

function open(key: Pick<SecondFactorOptions, 'totpKey'>) {
  const { database } = accounts
  const { commit } = openChanges(database, { publisher })
  return createSecondFactor({ database, commit, now: () => nowMs, ...key })
}

const codeAt = (secret: string, ms = nowMs) => generateSync({ secret, epoch: ms / 1_000 })
const later = (steps: number) => {
  nowMs += steps * 30_000
}
const signIn = (code?: string, password = 'portcullis') =>
  verifyPassword({ ...accounts, secondFactor }, { email: 'grace@example.com', password, code })

async function enroll() {
  const { secret } = await secondFactor.enroll(GRACE, 'grace@example.com')
  const { recoveryCodes } = await secondFactor.confirm(GRACE, codeAt(secret))
  later(1)
  return { secret, recoveryCodes }
}
const wrong = { code: 'ERR_CODE_WRONG' }

describe('a second factor', () => {
  it('is asked for once a code has confirmed it, and not before', async () => {
    const { secret, uri } = await secondFactor.enroll(GRACE, 'grace@example.com')
    expect(uri).toContain('otpauth://totp/Portcullis:grace%40example.com?secret=')
    await expect(secondFactor.confirm(GRACE, codeAt(secret, 0))).rejects.toMatchObject(wrong)
    expect(await signIn()).toMatchObject({ methods: ['pwd'], assurance: 'aal1' })
    const { recoveryCodes } = await secondFactor.confirm(GRACE, codeAt(secret))
    expect(new Set(recoveryCodes).size).toBe(10)
    expect(await signIn()).toEqual({ needs: 'second-factor' })
    later(1)
    expect(await signIn(codeAt(secret))).toMatchObject({
      subject: GRACE,
      methods: ['pwd', 'otp', 'mfa'],
      assurance: 'aal2',
    })
  })

  it('is told of after a right password only', async () => {
    const { secret } = await enroll()
    expect(await signIn(undefined, 'wrong')).toBeNull()
    expect(await signIn(codeAt(secret), 'wrong')).toBeNull()
    // It was not used up by whoever does not know the password.
    expect(await signIn(codeAt(secret))).toMatchObject({ assurance: 'aal2' })
  })

  it('takes a code once, also of many at the same time, and none before it', async () => {
    const { secret } = await enroll()
    const earlier = codeAt(secret)
    later(1)
    const tries = Array.from({ length: 5 }, () => secondFactor.accept(GRACE, codeAt(secret)))
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
    expect(await secondFactor.accept(GRACE, codeAt(secret))).toBe(false)
    expect(await secondFactor.accept(GRACE, earlier)).toBe(false)
    later(1)
    expect(await secondFactor.accept(GRACE, codeAt(secret))).toBe(true)
  })

  it('takes a code that is a step early or late, and no other', async () => {
    const { secret } = await enroll()
    for (const steps of [-2, 2]) {
      expect(await secondFactor.accept(GRACE, codeAt(secret, nowMs + steps * 30_000))).toBe(false)
    }
    later(5)
    expect(await secondFactor.accept(GRACE, codeAt(secret, nowMs - 30_000))).toBe(true)
    expect(await secondFactor.accept(GRACE, codeAt(secret, nowMs + 30_000))).toBe(true)
  })

  it('takes each recovery code once, however it is typed, and none of a set that was replaced', async () => {
    const { recoveryCodes: codes } = await enroll()
    const [first = '', second = ''] = codes
    const tries = Array.from({ length: 5 }, () => signIn(first.toLowerCase().replaceAll('-', ' ')))
    expect((await Promise.all(tries)).filter((found) => found !== null)).toHaveLength(1)
    expect(await secondFactor.status(GRACE)).toEqual({ enrolled: true, recoveryCodes: 9 })
    await secondFactor.renewRecoveryCodes(GRACE)
    expect(await secondFactor.accept(GRACE, second)).toBe(false)
    expect(await secondFactor.status(GRACE)).toEqual({ enrolled: true, recoveryCodes: 10 })
  })

  it('refuses the right code after ten wrong ones, whoever sent them at once', async () => {
    const { secret } = await enroll()
    const right = codeAt(secret)
    const other = right === '000000' ? '000001' : '000000'
    await Promise.all(Array.from({ length: 10 }, () => secondFactor.accept(GRACE, other)))
    expect(await secondFactor.accept(GRACE, right)).toBe(false)
    await accounts.database.statements
      .update(totp)
      .set({ failuresSince: new Date(Date.now() - 16 * 60_000) })
    expect(await secondFactor.accept(GRACE, right)).toBe(true)
  })

  it('is not replaced by enrolling again, and gone once it is disabled', async () => {
    await enroll()
    const again = () => secondFactor.enroll(GRACE, 'grace@example.com')
    await expect(again()).rejects.toMatchObject({ code: 'ERR_TOTP_ENROLLED' })
    await secondFactor.disable(GRACE)
    expect(await signIn()).toMatchObject({ assurance: 'aal1' })
    expect(await secondFactor.status(GRACE)).toEqual({ enrolled: false, recoveryCodes: 0 })
    expect((await again()).secret).toMatch(/^[A-Z2-7]{32}$/)
  })

  it('is told of when it is added and when it is removed, and not when there was none', async () => {
    await secondFactor.enroll(GRACE, 'grace@example.com')
    await secondFactor.disable(GRACE)
    expect(publisher.announced).toEqual([])
    await enroll()
    await secondFactor.disable(GRACE)
    await secondFactor.disable(GRACE)
    const by = { subject: GRACE, actor: GRACE }
    expect(publisher.announced).toMatchObject([
      { ...by, cause: 'second-factor.added' },
      { ...by, cause: 'second-factor.removed' },
    ])
  })

  it('is not readable in the database, and of no use under another person or key', async () => {
    const { secret, recoveryCodes: codes } = await enroll()
    const { statements } = accounts.database
    const rows = [
      await statements.select().from(totp),
      await statements.select().from(recoveryCodes),
    ]
    const stored = JSON.stringify(rows)
    for (const text of [secret, ...codes]) {
      expect(stored).not.toContain(text)
      expect(stored).not.toContain(text.replaceAll('-', ''))
    }
    const totpKey = Buffer.alloc(32, 6).toString('base64url')
    const other = open({ totpKey })
    await expect(other.accept(GRACE, codeAt(secret))).rejects.toThrow()
    await statements.update(totp).set({ subject: 'usr_ada' })
    await expect(secondFactor.accept('usr_ada', codeAt(secret))).rejects.toThrow()
  })

  it('without the key cannot be enrolled, and lets nobody in who has one', async () => {
    const { secret } = await enroll()
    const keyless = open({})
    const unavailable = { code: 'ERR_TOTP_UNAVAILABLE' }
    await expect(keyless.enroll('usr_ada', '')).rejects.toMatchObject(unavailable)
    await expect(keyless.accept(GRACE, codeAt(secret))).rejects.toMatchObject(unavailable)
  })
})

it('is enrolled, replaced and disabled by who has just proved who they are', async () => {
  await using running = await startRunning()
  const authenticatedAt = Math.floor(Date.now() / 1_000) - 700
  const stale = await running.as(GRACE, { authenticatedAt, assurance: 'aal2' })
  const weak = await running.as(GRACE)
  const { secondFactor: ofStale } = stale
  for (const call of [
    () => ofStale.enroll.mutate(),
    () => ofStale.confirm.mutate({ code: '123456' }),
    () => ofStale.renewRecoveryCodes.mutate(),
    () => ofStale.disable.mutate(),
  ]) {
    expect(await refusalOf(call())).toEqual([403, 'ERR_RECENT_SIGN_IN_REQUIRED'])
  }
  for (const call of [
    () => weak.secondFactor.renewRecoveryCodes.mutate(),
    () => weak.secondFactor.disable.mutate(),
  ]) {
    expect(await refusalOf(call())).toEqual([403, 'ERR_ASSURANCE_REQUIRED'])
  }
  const { secret } = await weak.secondFactor.enroll.mutate()
  const code = generateSync({ secret })
  expect((await weak.secondFactor.confirm.mutate({ code })).recoveryCodes).toHaveLength(10)
  // What was known of the person before is not true any more.
  const status = async () => (await running.as(GRACE)).secondFactor.status.query()
  expect(await status()).toEqual({ enrolled: true, recoveryCodes: 10 })
  const strong = await running.as(GRACE, { assurance: 'aal2' })
  await strong.secondFactor.disable.mutate()
  expect(await status()).toEqual({ enrolled: false, recoveryCodes: 0 })
})
