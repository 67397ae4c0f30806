import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { eventually, type RedisServer, startRedis } from '../src/index.ts'

async function ask(server: RedisServer, ...command: [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, commandTimeout: 300 })
  redis.on('error', () => {})
  try {
    return await redis.call(...command)
  } finally {
    redis.disconnect()
  }
}

test('several servers start at once, each with its own port and data', async () => {
  const servers = await Promise.all([startRedis(), startRedis(), startRedis()])
  for (const server of servers) await ask(server, 'SET', 'port', String(server.port))
  for (const server of servers) expect(await ask(server, 'GET', 'port')).toBe(String(server.port))
  expect(new Set(servers.map(({ pid }) => pid)).size).toBe(3)
  for (const server of servers) await server[Symbol.asyncDispose]()
})

test('a paused server keeps its connections and answers nobody until it goes on', async () => {
  await using server = await startRedis()
  server.pause()
  await expect(ask(server, 'PING')).rejects.toThrow()
  server.resume()
  expect(await ask(server, 'PING')).toBe('PONG')
})

test('a restart keeps the address, and the data if there is an append-only file', async () => {
  await using server = await startRedis({
    args: ['--appendonly', 'yes', '--appendfsync', 'always'],
  })
  await ask(server, 'SET', 'a', '1')
  const { pid, url } = server
  await server.kill()
  await server.restart()
  expect(await ask(server, 'GET', 'a')).toBe('1')
  expect(server.url).toBe(url)
  expect(server.pid).not.toBe(pid)
})

test('a server that was stopped refuses connections', async () => {
  await using server = await startRedis()
  await server.stop()
  await expect(ask(server, 'PING')).rejects.toThrow()
})

test('nothing is evicted by default', async () => {
  await using server = await startRedis()
  expect(await ask(server, 'CONFIG', 'GET', 'maxmemory-policy')).toContain('noeviction')
})

test('a server whose clock is ahead tells that time, and waits as long as any other', async () => {
  await using server = await startRedis({ clockAheadMs: 1_800_000 })
  const [seconds] = (await ask(server, 'TIME')) as [string]
  expect(Number(seconds) * 1_000 - Date.now()).toBeGreaterThan(1_700_000)
  await ask(server, 'SET', 'short', '1', 'PX', '50')
  await eventually(async () => expect(await ask(server, 'GET', 'short')).toBeNull())
})
