import { createLogger } from '@portcullis/runtime'
import { eventually, startTcpProxy } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { createFollower } from '../src/index.ts'
import { LEASE_MS, startLog } from './harness.ts'

/** A user who follows as a service does, and may open no history. */
const SERVICE = ['on', '>x', '~*', '&*', '+@all', '-set']

test('a service that met an epoch which no gateway knows of is fresh again under a higher one', async () => {
  await using log = await startLog()
  await using proxy = await startTcpProxy({ target: log.redis.url })
  await log.admin.call('ACL', 'SETUSER', 'service', ...SERVICE)
  const url = new URL(log.redis.url)
  url.username = 'service'
  url.password = 'x'
  await using gateway = await log.follow({ redisUrl: proxy.url })
  await using service = await createFollower({
    redisUrl: url.href,
    name: 'orders',
    logger: createLogger({ name: 'test', level: 'silent' }),
    leaseMs: LEASE_MS,
  })
  await eventually(() => expect(service.isFresh()).toBe(true))

  const { epoch, head, barrier } = log.keys
  const before = await log.admin.mget(epoch, head, barrier)
  const [, , ...identity] = before[0]?.split(' ') ?? []
  proxy.cut()
  const other = [`7 other ${identity.join(' ')}`, '0 other', 'other settled']
  await log.admin.mset(epoch, other[0] ?? '', head, other[1] ?? '', barrier, other[2] ?? '')
  await eventually(() => expect(service.position.epoch).toBe(7))
  await log.admin.mset(epoch, before[0] ?? '', head, before[1] ?? '', barrier, before[2] ?? '')
  await eventually(() => expect(service.isFresh()).toBe(false))
  proxy.heal()

  await eventually(() => {
    expect(service.position.epoch).toBeGreaterThan(7)
    expect(gateway.position).toEqual(service.position)
    expect([gateway.isFresh(), service.isFresh()]).toEqual([true, true])
  })
})
