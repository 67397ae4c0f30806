import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_PASSWORD } from '../src/demo/seed-demo.ts'
import { createPasswordHasher } from '../src/passwords/password-hasher.ts'
import { verifyPassword } from '../src/passwords/verify-password.ts'
import { type SeededAccounts, startSeeded } from './accounts-fixture.ts'

let accounts: SeededAccounts
beforeAll(async () => {
  accounts = await startSeeded()
})
afterAll(() => accounts[Symbol.asyncDispose]())

const verify = (email: string, password: string) => verifyPassword(accounts, { email, password })

describe('verifyPassword', () => {
  it('knows a person by address in any case, and where they start', async () => {
    expect(await verify('ADA@example.com ', DEMO_PASSWORD)).toEqual({
      subject: 'usr_ada',
      methods: ['pwd'],
      assurance: 'aal1',
      organization: 'org_acme',
    })
  })

  it('answers an unknown person and a wrong password alike', async () => {
    expect(await verify('ada@example.com', 'wrong')).toBeNull()
    expect(await verify('nobody@example.com', DEMO_PASSWORD)).toBeNull()
    expect(await verify('', '')).toBeNull()
  })

  it('works as long for an unknown person as for a wrong password', async () => {
    const timed = async (email: string) => {
      const startedAt = performance.now()
      await verify(email, 'wrong')
      return performance.now() - startedAt
    }
    const median = (times: number[]) => times.toSorted((a, b) => a - b)[4] ?? Number.NaN
    const known: number[] = []
    const unknown: number[] = []
    // In turn, so that a busy machine slows both.
    for (let n = 0; n < 9; n++) {
      known.push(await timed('ada@example.com'))
      unknown.push(await timed('nobody@example.com'))
    }
    const ratio = median(unknown) / median(known)
    expect(ratio).toBeGreaterThan(1 / 3)
    expect(ratio).toBeLessThan(3)
  })

  it('refuses an oversized password before any work, for anybody', async () => {
    for (const email of ['ada@example.com', 'nobody@example.com']) {
      await expect(verify(email, 'x'.repeat(257))).rejects.toMatchObject({
        code: 'ERR_PASSWORD_TOO_LONG',
      })
    }
    expect(await verify('ada@example.com', 'x'.repeat(256))).toBeNull()
  })
})

describe('createPasswordHasher', () => {
  it('takes the same word in another Unicode form for the same password', async () => {
    const passwords = await createPasswordHasher()
    const stored = await passwords.hash('Zoe\u0308')
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await passwords.verify(stored, 'Zo\u00eb')).toBe(true)
  })

  it('refuses more callers than it has room for, and serves the rest', async () => {
    const passwords = await createPasswordHasher({ concurrency: 1, queueLimit: 2 })
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => passwords.verify(null, 'x')),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(results.at(-1)).toMatchObject({ reason: { code: 'ERR_PASSWORDS_BUSY' } })
    expect(await passwords.verify(null, 'x')).toBe(false)
  })
})
