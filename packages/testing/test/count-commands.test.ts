import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { countCommands, startRedis } from '../src/index.ts'

test('commands are counted by the name of their connection, background apart from requests', async () => {
  await using server = await startRedis()
  const background = new Redis(server.url, { connectionName: 'orders:log' })
  await background.ping()
  await using count = await countCommands(server.url)
  const requests = new Redis(server.url, { connectionName: 'orders:commands' })
  await requests.ping()
  await count.reset()

  await Promise.all([requests.get('a'), requests.get('b'), background.xlen('log')])
  await requests.eval("redis.call('SET', 'a', '1') return redis.call('GET', 'a')", 0)

  expect(await count.byConnection()).toEqual(
    new Map([
      ['orders:commands', 3],
      ['orders:log', 1],
    ]),
  )
  expect((await count.commands()).map(({ command }) => command).sort()).toEqual([
    'eval',
    'get',
    'get',
    'xlen',
  ])
  await count.reset()
  expect(await count.byConnection()).toEqual(new Map())
  requests.disconnect()
  background.disconnect()
})

test('a server that is busy when the counting begins is counted like any other', async () => {
  await using server = await startRedis()
  const busy = Array.from({ length: 8 }, () => new Redis(server.url))
  const stop = new AbortController()
  const work = busy.map(async (redis) => {
    while (!stop.signal.aborted) await redis.ping()
  })
  for (let i = 0; i < 30; i += 1) {
    await using count = await countCommands(server.url)
    expect((await count.byConnection()).size).toBe(busy.length)
  }
  stop.abort()
  await Promise.all(work)
  for (const redis of busy) redis.disconnect()
})
