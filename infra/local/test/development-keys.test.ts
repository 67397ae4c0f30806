import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type AppName, environmentOf } from '../src/apps.ts'
import { createDevelopmentKeys, loadDevelopmentKeys } from '../src/development-keys.ts'

test('keys are made once and kept, for their owner alone', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'portcullis-keys-')), 'state', 'keys.json')
  const first = await loadDevelopmentKeys(file)
  expect(await loadDevelopmentKeys(file)).toEqual(first)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(Buffer.from(first.pepper, 'base64url')).toHaveLength(32)
  expect(await readFile(file, 'utf8')).toContain(first.gateway.d)
})

test('an app gets no private key but its own', async () => {
  const keys = await createDevelopmentKeys()
  const surroundings = {
    redisUrl: 'redis://127.0.0.1:1/0',
    jobsRedisUrl: 'redis://127.0.0.1:1/1',
    databaseUrl: 'postgres://127.0.0.1:2/postgres',
    ports: { gateway: 1, accounts: 2, orders: 3, worker: 4 },
    keys,
    logLevel: 'info',
  }
  const secretsOf = (app: AppName) => {
    const text = JSON.stringify(environmentOf(app, surroundings))
    const secrets = { gateway: keys.gateway.d, worker: keys.worker.d, pepper: keys.pepper }
    return Object.entries(secrets).flatMap(([name, value]) => (text.includes(value) ? [name] : []))
  }
  expect(secretsOf('orders')).toEqual([])
  expect(secretsOf('accounts')).toEqual(['pepper'])
  expect(secretsOf('worker')).toEqual(['worker'])
  expect(secretsOf('gateway')).toEqual(['gateway', 'pepper'])
})
