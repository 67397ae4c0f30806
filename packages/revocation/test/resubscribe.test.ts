import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { startLog } from './harness.ts'

test('a follower that may not subscribe again after a reconnect fails nowhere, and goes on by the log', async () => {
  await using log = await startLog()
  const user = new URL(log.redis.url)
  user.username = 'limited'
  user.password = 'x'
  const rights = ['~*', '+@all', 'allchannels']
  await log.admin.call('ACL', 'SETUSER', 'limited', 'on', '>x', ...rights)
  await using follower = await log.follow({ redisUrl: user.href })
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  // Redis closes the subscriptions that the user may not have any more.
  await log.admin.call('ACL', 'SETUSER', 'limited', 'resetchannels')
  await eventually(async () => {
    expect(await log.admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).toBe('')
    expect(await log.admin.call('CLIENT', 'LIST')).toContain('name=follower:subscriber')
  })
  const after = await log.publish('usr_a')
  await eventually(() => expect(follower.position).toEqual(after))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})
