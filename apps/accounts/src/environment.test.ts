import { generateSigningKey } from '@portcullis/context'
import { describe, expect, it } from 'vitest'
import { readAccountsEnvironment } from './environment.ts'

const complete = async () => {
  const { d: _private, ...gateway } = await generateSigningKey()
  return {
    REDIS_URL: 'redis://127.0.0.1:6379/0',
    DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/postgres',
    PORTCULLIS_PEPPER: 'p'.repeat(43),
    PORTCULLIS_TRUST: JSON.stringify({ gateway: { keys: [gateway] } }),
  }
}

describe('readAccountsEnvironment', () => {
  it('fills in what has a default, and seeds nobody unless told to', async () => {
    expect(readAccountsEnvironment(await complete())).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 4001,
      LOG_LEVEL: 'info',
      SEED_DEMO: '0',
    })
  })

  it('names every mistake at once, and no value', async () => {
    const read = () =>
      readAccountsEnvironment({ DATABASE_URL: 'hunter2', PORTCULLIS_PEPPER: 'hunter2', PORT: '-1' })
    expect(read).toThrow(
      expect.objectContaining({
        mistakes: [
          'PORT',
          'REDIS_URL',
          'DATABASE_URL',
          'PORTCULLIS_PEPPER',
          'PORTCULLIS_TRUST',
        ].map((name) => expect.stringMatching(new RegExp(`^${name}: (?!.*hunter2)`))),
      }),
    )
  })

  it('refuses a trust that is no JSON or lacks the gateway', async () => {
    const environment = await complete()
    for (const trust of ['{', '{}', '{"gateway":{"keys":[]}}', '[]']) {
      const read = () => readAccountsEnvironment({ ...environment, PORTCULLIS_TRUST: trust })
      expect(read).toThrow('PORTCULLIS_TRUST')
    }
  })
})
