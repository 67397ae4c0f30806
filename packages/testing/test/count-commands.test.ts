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
