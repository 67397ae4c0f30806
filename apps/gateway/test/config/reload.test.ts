import { declareNewInstallation } from '@portcullis/revocation'
import { eventually, findFreePort, type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppProcess, startApp } from '../app-process.ts'
import { createEnvironments } from '../environments.ts'
import { type ConfigFile, createConfigFile } from './config-file.ts'
import { startTinyService, type TinyService } from './tiny-service.ts'

let environmentOf: Awaited<ReturnType<typeof createEnvironments>>
let redis: RedisServer
let first: TinyService
let second: TinyService
let billing: TinyService

beforeAll(async () => {
  environmentOf = await createEnvironments()
  redis = await startRedis()
  await declareNewInstallation({ redisUrl: redis.url })
  first = await startTinyService('orders', 'first')
  second = await startTinyService('orders', 'second')
  billing = await startTinyService('billing', 'billing')
})
afterAll(async () => {
  for (const each of [first, second, billing, redis]) await each?.[Symbol.asyncDispose]()
})

/** A gateway as a process of its own that serves by a configuration of its own. */
async function startConfigured(file: ConfigFile, settings: NodeJS.ProcessEnv = {}) {
  const port = await findFreePort()
  const nowhere = 'http://127.0.0.1:9'
  const environment = environmentOf('gateway', port, {
    ...{ redisUrl: redis.url, jobsRedisUrl: redis.url, databaseUrl: '' },
    ...{ accountsUrl: nowhere, ordersUrl: nowhere },
  })
  return startApp('gateway', port, {
    ...environment,
    PORTCULLIS_CONFIG: file.path,
    ...settings,
  })
}

const ask = async (gateway: AppProcess, path: string) => {
  const response = await fetch(`${gateway.url}/${path}`)
  return { status: response.status, text: await response.text() }
}

/** Calls as fast as they are answered, until told to stop; resolves with each answer that was not 200, and their number. */
function load(gateway: AppProcess, clients: number) {
  const failed: unknown[] = []
  let answered = 0
  let isOver = false
  const run = async () => {
    while (!isOver) {
      const answer = await ask(gateway, 'orders.who').catch((error: unknown) => ({ error }))
      answered++
      if (!('status' in answer) || answer.status !== 200) failed.push(answer)
    }
  }
  const running = Promise.all(Array.from({ length: clients }, run))
  return {
    answered: () => answered,
    async stop() {
      isOver = true
      await running
      return failed
    },
  }
}

test('at SIGHUP under load services are added, changed and removed, and no request fails', async () => {
  await using file = await createConfigFile()
  await file.write({ orders: first.url })
  await using gateway = await startConfigured(file)
  const clients = load(gateway, 8)
  await eventually(() => expect(clients.answered()).toBeGreaterThan(50))

  for (let round = 1; round <= 3; round++) {
    const before = second.calls()
    await file.write({ orders: second.url, billing: billing.url })
    gateway.signal('SIGHUP')
    await eventually(async () => expect((await ask(gateway, 'billing.who')).status).toBe(200))
    await eventually(() => expect(second.calls()).toBeGreaterThan(before + 20))
    await file.write({ orders: first.url })
    gateway.signal('SIGHUP')
    await eventually(async () => expect((await ask(gateway, 'billing.who')).status).toBe(404))
  }

  const answered = clients.answered()
  expect(await clients.stop()).toEqual([])
  expect(answered).toBeGreaterThan(300)
  expect(gateway.output()).toContain('"added":["billing"],"changed":["orders"],"removed":[]')
})

test('a configuration that is wrong is logged with its mistakes, and the one before stays', async () => {
  await using file = await createConfigFile()
  await file.write({ orders: first.url })
  await using gateway = await startConfigured(file)
  await file.write({ orders: second.url, session: second.url, billing: 'billing' })
  gateway.signal('SIGHUP')
  await eventually(() => {
    expect(gateway.output()).toContain('services.session: is the name of procedures')
    expect(gateway.output()).toContain('services.billing: Invalid URL')
  })
  expect((await ask(gateway, 'orders.who')).text).toContain('first')

  await file.write({ orders: second.url }, 'limits: { batchSize: 7 },')
  gateway.signal('SIGHUP')
  await eventually(async () => expect((await ask(gateway, 'orders.who')).text).toContain('second'))
  // What cannot be changed while it serves is said.
  await eventually(() => expect(gateway.output()).toMatch(/"options":\["limits"\].*next start/))
})

test('while developing the file is read again whenever it changes', async () => {
  await using file = await createConfigFile()
  await file.write({ orders: first.url })
  await using gateway = await startConfigured(file, { PORTCULLIS_CONFIG_WATCH: '1' })
  expect((await ask(gateway, 'orders.who')).text).toContain('first')
  await file.write({ orders: second.url })
  await eventually(async () => expect((await ask(gateway, 'orders.who')).text).toContain('second'))
})

test('a gateway with wrong settings does not start, and says each mistake in a line', async () => {
  await using file = await createConfigFile()
  await file.write({ orders: 'ftp://orders' }, 'limit: {}, limits: { bodyBytes: 0 },')
  const started = startConfigured(file, {
    PUBLIC_URL: '',
    REDIS_URL: 'x',
    PORTCULLIS_PEPPER: 'short',
  })
  const failure = await started.then(
    () => undefined,
    (error: Error) => error,
  )
  const lines = String(failure).split('\n')
  for (const mistake of [
    'REDIS_URL: is not a redis',
    'PORTCULLIS_PEPPER: is not 32 bytes',
    'publicUrl: PUBLIC_URL is required',
    'services.orders: Invalid URL',
    'limits.bodyBytes: Too small',
    'limit: is not an option',
  ]) {
    expect(lines.filter((line) => line.trim().startsWith(mistake))).toHaveLength(1)
  }
})
