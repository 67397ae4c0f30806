import { eventually, startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { connectRedis, createSpeaker, whenReady } from '../src/index.ts'

const MESSAGES = Array.from({ length: 500 }, (_, i) => `message ${i} ü`)

async function startSpeaking() {
  await using owned = new AsyncDisposableStack()
  const { url } = owned.use(await startRedis())
  const use = (redis: Redis) => owned.adopt(redis, (each) => each.disconnect())
  const admin = use(new Redis(url))
  const listener = use(new Redis(url))
  const redis = use(connectRedis({ url, role: 'acknowledgements', name: 'speaker' }))
  const errors: Error[] = []
  redis.on('error', (error) => errors.push(error))
  const heard: string[] = []
  listener.on('message', (_channel, message: string) => heard.push(message))
  await listener.subscribe('said')
  const speaker = createSpeaker(redis)
  await whenReady(redis, 5_000)
  const all = owned.move()
  return { admin, redis, speaker, errors, heard, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

test('what is said is heard in order, and nothing is answered', async () => {
  await using speaking = await startSpeaking()
  const { speaker, redis, errors, heard } = speaking
  const readBefore = bytesRead(redis)
  for (const message of MESSAGES) expect(speaker.say('said', message)).toBe(true)
  await eventually(() => expect(heard).toEqual(MESSAGES))
  expect(bytesRead(redis)).toBe(readBefore)
  expect(errors).toEqual([])
})

test('after a reconnect it speaks again, and still nothing is answered', async () => {
  await using speaking = await startSpeaking()
  const { admin, speaker, redis, errors, heard } = speaking
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await eventually(() => {
    expect(speaker.say('said', 'again')).toBe(true)
    expect(heard).toContain('again')
  })
  // What was written while the connection ended may have failed.
  errors.length = 0
  const readBefore = bytesRead(redis)
  speaker.say('said', 'last')
  await eventually(() => expect(heard.at(-1)).toBe('last'))
  expect(bytesRead(redis)).toBe(readBefore)
  expect(errors).toEqual([])
})

test('without a connection, and once 64 KiB wait, it is dropped', async () => {
  await using speaking = await startSpeaking()
  const { speaker, redis } = speaking
  let said = 0
  while (speaker.say('said', 'x'.repeat(30_000)) && said < 10_000) said += 1
  expect(said).toBeLessThan(10_000)
  redis.disconnect()
  await eventually(() => expect(speaker.say('said', 'x')).toBe(false))
})

function bytesRead({ stream }: Redis): number {
  return 'bytesRead' in stream ? Number(stream.bytesRead) : Number.NaN
}
