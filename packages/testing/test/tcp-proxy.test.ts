import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { eventually, startRedis, startTcpProxy } from '../src/index.ts'

/** A Redis, a proxy before it and a client through the proxy that never reconnects. */
async function setup() {
  const resources = new AsyncDisposableStack()
  const server = resources.use(await startRedis())
  const proxy = resources.use(await startTcpProxy({ target: server.url }))
  const direct = new Redis(server.url)
  const through = new Redis(proxy.url, { retryStrategy: () => null, commandTimeout: 300 })
  through.on('error', () => {})
  resources.defer(() => {
    direct.disconnect()
    through.disconnect()
  })
  await through.ping()
  return { proxy, direct, through, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

test('without a fault everything passes', async () => {
  await using system = await setup()
  const value = 'x'.repeat(1_000_000)
  await system.through.set('large', value)
  expect(await system.through.get('large')).toBe(value)
})

test('a proxy that moves leads new connections to another server, and keeps those that are open', async () => {
  await using system = await setup()
  await using other = await startRedis()
  await system.direct.set('server', 'first')
  system.proxy.moveTo(other.url)
  expect(await system.through.get('server')).toBe('first')
  const next = new Redis(system.proxy.url)
  expect(await next.get('server')).toBeNull()
  next.disconnect()
})

test('dropping down loses the answer, not the command, and closes nothing', async () => {
  await using system = await setup()
  system.proxy.dropDown()
  await expect(system.through.set('a', '1')).rejects.toThrow()
  expect(await system.direct.get('a')).toBe('1')
  expect(system.through.status).toBe('ready')
})

test('dropping up loses the command and closes nothing', async () => {
  await using system = await setup()
  system.proxy.dropUp()
  await expect(system.through.set('a', '1')).rejects.toThrow()
  expect(await system.direct.get('a')).toBeNull()
  expect(system.through.status).toBe('ready')
})

test('healing resets connections that lost bytes and leaves the others alone', async () => {
  await using system = await setup()
  system.proxy.dropDown()
  system.proxy.heal()
  expect(await system.through.ping()).toBe('PONG')
  system.proxy.dropDown()
  await expect(system.through.ping()).rejects.toThrow()
  system.proxy.heal()
  await eventually(() => expect(system.through.status).toBe('end'))
})

test('a delay keeps the order', async () => {
  await using system = await setup()
  system.proxy.delay(40)
  const startedAt = performance.now()
  const answers = await Promise.all([system.through.echo('1'), system.through.echo('2')])
  expect(answers).toEqual(['1', '2'])
  expect(performance.now() - startedAt).toBeGreaterThan(75)
})

test('a cut ends connections and refuses new ones until it is healed', async () => {
  await using system = await setup()
  system.proxy.cut()
  await eventually(() => expect(system.through.status).toBe('end'))
  await expect(system.through.connect()).rejects.toThrow()
  system.proxy.heal()
  await system.through.connect()
  expect(await system.through.ping()).toBe('PONG')
})
