import { once } from 'node:events'
import { eventually, startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { startCuttableRedis } from './cuttable-redis.ts'

test('a subscriber that is cut off hears nothing, its instance is answered, and healing resets what has lost', async () => {
  await using server = await startRedis()
  await using way = await startCuttableRedis(server.url)
  const publisher = new Redis(server.url)
  const commands = new Redis(way.url)
  const subscriber = new Redis(way.url, { retryStrategy: null })
  try {
    const heard: string[] = []
    subscriber.on('message', (_channel, message: string) => heard.push(message))
    await subscriber.subscribe('news')
    await publisher.publish('news', 'before')
    await eventually(() => expect(heard).toEqual(['before']))
    way.cut('subscriber')
    expect(await publisher.publish('news', 'lost')).toBe(1)
    expect(await commands.ping()).toBe('PONG')
    const closed = once(subscriber, 'close')
    await eventually(() => {
      way.heal()
      expect(subscriber.status).not.toBe('ready')
    })
    await closed
    expect(heard).toEqual(['before'])
    expect(await commands.ping()).toBe('PONG')
  } finally {
    for (const client of [publisher, commands, subscriber]) client.disconnect()
  }
})
