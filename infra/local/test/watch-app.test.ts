import { copyFile, mkdtemp, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { chooseFreePorts } from '../src/choose-ports.ts'
import { createDevelopmentKeys } from '../src/development-keys.ts'
import { startApp, watchApp } from '../src/start-app.ts'

const FIXTURE = new URL('./fixtures/app.ts', import.meta.url)

async function setup() {
  const file = join(await mkdtemp(join(tmpdir(), 'portcullis-app-')), 'main.ts')
  await copyFile(FIXTURE, file)
  const ports = await chooseFreePorts()
  const surroundings = {
    redisUrl: 'redis://127.0.0.1:1/0',
    jobsRedisUrl: 'redis://127.0.0.1:1/1',
    databaseUrl: 'postgres://127.0.0.1:2/postgres',
    ports,
    keys: await createDevelopmentKeys(),
    logLevel: 'info',
  }
  const url = `http://127.0.0.1:${ports.orders}`
  const status = () => fetch(url).then((response) => response.status)
  return { file, url, status, options: { surroundings, onLine: () => {}, entry: () => file } }
}

test('an app that ends is reported and starts again when its file changes', async () => {
  const { file, url, status, options } = await setup()
  const ended: string[] = []
  await using app = await watchApp('orders', { ...options, onEnd: (name) => void ended.push(name) })
  expect(await app.isReady).toBe(true)

  await fetch(`${url}/crash`).catch(() => {})
  await eventually(() => expect(ended).toEqual(['orders']))
  await expect(status()).rejects.toThrow()

  await utimes(file, new Date(), new Date())
  expect(await eventually(status)).toBe(200)
})

test('an app that cannot start is reported as not ready', async () => {
  const { options } = await setup()
  const entry = () => '/no/such/file.ts'
  await using app = await watchApp('orders', { ...options, entry, onEnd: () => {} })
  expect(await app.isReady).toBe(false)
})

test('an app that was stopped answers nobody', async () => {
  const { status, options } = await setup()
  const app = await startApp('orders', options)
  expect(await status()).toBe(200)
  await app[Symbol.asyncDispose]()
  await expect(status()).rejects.toThrow()
})
