import { startRedis } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { connectRedis, defineScript, type Redis, whenReady } from '../src/index.ts'

const text = z.instanceof(Buffer).transform((bytes) => bytes.toString())

const increment = defineScript<{ key: string; by: number }, number>({
  source: ["return redis.call('INCRBY', KEYS[1], ARGV[1])"],
  keys: ({ key }) => [key],
  args: ({ by }) => [by],
  reply: z.int(),
})

async function connect(url: string): Promise<Redis & AsyncDisposable> {
  const redis = connectRedis({ url, role: 'commands', name: 'test', commandTimeoutMs: 300 })
  await whenReady(redis, 2_000)
  return Object.assign(redis, { [Symbol.asyncDispose]: async () => redis.disconnect() })
}

describe('scripts', () => {
  test('arguments go in by their types and the reply comes out checked', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    expect(await increment.run(redis, { key: 'n', by: 2 })).toBe(2)
    expect(await increment.run(redis, { key: 'n', by: 3 })).toBe(5)
  })

  test('bytes pass through unchanged', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    const echo = defineScript<Buffer, Buffer>({
      source: ['return ARGV[1]'],
      keys: () => [],
      args: (bytes) => [bytes],
      reply: z.instanceof(Buffer),
    })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    expect(await echo.run(redis, bytes)).toEqual(bytes)
  })

  test('a server that lost its scripts is sent the text once more, and runs it once', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    await increment.run(redis, { key: 'n', by: 1 })
    await redis.script('FLUSH')
    expect(await increment.run(redis, { key: 'n', by: 1 })).toBe(2)
  })

  test('a reply that was not agreed on is an error with a code', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    const wrong = defineScript<null, string>({
      source: ['return 1'],
      keys: () => [],
      args: () => [],
      reply: text,
    })
    await expect(wrong.run(redis, null)).rejects.toMatchObject({ code: 'ERR_REDIS_REPLY' })
  })

  test('scripts run when memory is full', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    await redis.config('SET', 'maxmemory', '1')
    await expect(redis.set('a', '1')).rejects.toThrow('OOM')
    expect(await increment.run(redis, { key: 'n', by: 1 })).toBe(1)
  })
})

describe('failures', () => {
  test('a frozen server is a timeout, a stopped one is unavailable, and neither is sent anything twice', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    server.pause()
    const frozen = increment.run(redis, { key: 'n', by: 1 })
    await expect(frozen).rejects.toMatchObject({ code: 'ERR_REDIS_TIMEOUT' })
    server.resume()
    await whenReady(redis, 2_000)
    expect(Number(await redis.get('n'))).toBeLessThanOrEqual(1)

    await server.stop()
    const away = increment.run(redis, { key: 'n', by: 1 })
    await expect(away).rejects.toMatchObject({ code: 'ERR_REDIS_UNAVAILABLE' })
  })

  test('what the server refuses is told apart from its absence', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    await redis.set('n', 'no number')
    const refused = increment.run(redis, { key: 'n', by: 1 })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_REDIS_REFUSED' })
  })

  test('waiting for a server that is not there ends, and names no password', async () => {
    await using server = await startRedis()
    await server.stop()
    const url = server.url.replace('redis://', 'redis://user:secret@')
    const redis = connectRedis({ url, role: 'commands', name: 'test' })
    const waiting = whenReady(redis, 100)
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_REDIS_UNAVAILABLE' })
    await expect(waiting).rejects.not.toThrow('secret')
    redis.disconnect()
  })

  test('the server lists a connection by who uses it and what for', async () => {
    await using server = await startRedis()
    await using redis = await connect(server.url)
    expect(await redis.client('LIST')).toContain('name=test:commands')
  })
})
