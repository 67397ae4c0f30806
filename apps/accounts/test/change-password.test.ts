import { generateSync } from 'otplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changePassword, type PasswordChange } from '../src/passwords/change-password.ts'
import type { PasswordHasher } from '../src/passwords/password-hasher.ts'
import { verifyPassword } from '../src/passwords/verify-password.ts'
import {
  GRACE,
  HangingPublisher,
  openChanges,
  RecordingPublisher,
  type SeededAccounts,
  startSeeded,
} from './accounts-fixture.ts'

let accounts: SeededAccounts
beforeAll(async () => {
  accounts = await startSeeded()
})
beforeEach(() => accounts.reset())
afterAll(() => accounts[Symbol.asyncDispose]())

const SESSION = 'ses_kept'
const newPassword = 'a long new password'
const endsSessions = { except: SESSION }
const signIn = (password: string) =>
  verifyPassword(accounts, { email: 'grace@example.com', password })

function open(publisher = new RecordingPublisher()) {
  const { commit } = openChanges(accounts.database, { publisher })
  const change = (of: Partial<PasswordChange> = {}) =>
    changePassword(
      { ...accounts, commit },
      { subject: GRACE, session: SESSION, password: 'portcullis', newPassword, ...of },
    )
  return { publisher, change }
}

/** Something happens between a password's being found right and whoever asked hearing of it. */
class StraddlingHasher implements PasswordHasher {
  readonly #passwords: PasswordHasher
  readonly #meanwhile: () => Promise<void>

  constructor(passwords: PasswordHasher, meanwhile: () => Promise<void>) {
    this.#passwords = passwords
    this.#meanwhile = meanwhile
  }

  hash(password: string) {
    return this.#passwords.hash(password)
  }

  async verify(stored: string | null, password: string) {
    const matches = await this.#passwords.verify(stored, password)
    await this.#meanwhile()
    return matches
  }
}

describe('a new password', () => {
  it('takes the place of the one before, and the other sessions end with the change', async () => {
    const { publisher, change } = open()
    expect(await change()).toMatchObject({ subject: GRACE, methods: ['pwd'], announced: true })
    expect(await signIn('portcullis')).toBeNull()
    expect(await signIn(newPassword)).toMatchObject({ subject: GRACE })
    expect(publisher.announced).toMatchObject([
      { subject: GRACE, version: 2, cause: 'credential.changed', endsSessions },
    ])
  })

  it('needs the one before, a second factor if there is one, and some length', async () => {
    const { publisher, change } = open()
    expect(await change({ password: 'wrong' })).toBeNull()
    expect(await change({ newPassword: 'x'.repeat(14) })).toEqual({ needs: 'other-password' })
    const { secret } = await accounts.secondFactor.enroll(GRACE, 'grace@example.com')
    const code = generateSync({ secret })
    await accounts.secondFactor.confirm(GRACE, code)
    expect(await change()).toEqual({ needs: 'second-factor' })
    expect(await change({ code })).toBeNull()
    expect(publisher.announced).toEqual([])
    expect(await signIn('portcullis')).toEqual({ needs: 'second-factor' })
  })

  it('of two that were proved by the same one before, the later is refused and nothing of it stays', async () => {
    const publisher = new RecordingPublisher()
    const { commit } = openChanges(accounts.database, { publisher })
    const passwords = new StraddlingHasher(accounts.passwords, async () => {
      expect(await open(publisher).change()).not.toBeNull()
    })
    const stale = { subject: GRACE, session: 'ses_stolen', password: 'portcullis' } as const
    const options = { ...accounts, passwords, commit }
    expect(
      await changePassword(options, { ...stale, newPassword: 'of the thief instead' }),
    ).toBeNull()
    expect(await signIn('of the thief instead')).toBeNull()
    expect(await signIn(newPassword)).toMatchObject({ subject: GRACE })
    expect(publisher.announced).toMatchObject([{ version: 2, endsSessions }])
  })

  it('that committed is announced with the end of the sessions, though the process died in between', async () => {
    const { commit } = openChanges(accounts.database, {
      publisher: new HangingPublisher(),
      publishTimeoutMs: 50,
    })
    const changed = await changePassword(
      { ...accounts, commit },
      { subject: GRACE, session: SESSION, password: 'portcullis', newPassword },
    )
    expect(changed).toMatchObject({ announced: false })
    const publisher = new RecordingPublisher()
    await openChanges(accounts.database, { publisher }).outbox.replay({ limit: 10 })
    expect(publisher.announced).toMatchObject([{ subject: GRACE, version: 2, endsSessions }])
  })
})
