import {
  eventually,
  type RedisNode,
  type SentinelRedis,
  startSentinelRedis,
} from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { connectRedis, leaveServer, type Redis, type RedisRole, whenReady } from '../src/index.ts'

type Connection = Redis & AsyncDisposable

async function connect(url: string, role: RedisRole = 'commands'): Promise<Connection> {
  const redis = connectRedis({ url, role, name: 'test', commandTimeoutMs: 500 })
  await whenReady(redis, 5_000)
  return Object.assign(redis, { [Symbol.asyncDispose]: async () => redis.disconnect() })
}

async function portOf(redis: Redis): Promise<number> {
  return Number(/tcp_port:(\d+)/.exec(await redis.info('server'))?.[1])
}

/** As a fence does: a proof that fails twice in a row is reason to leave. */
async function writeOn(redis: Redis, timeoutMs: number): Promise<void> {
  let failures = 0
  const write = async () => {
    try {
      await redis.set('written', 1)
    } catch (error) {
      if (++failures % 2 === 0) leaveServer(redis)
      throw error
    }
  }
  await eventually(write, { timeoutMs, intervalMs: 50 })
}

// Most of the time passes in the sentinels' own limits.
describe.concurrent('with sentinels', () => {
  test('every role of connection is led to the primary, in its database', async () => {
    await using redis = await startSentinelRedis()
    for (const role of ['commands', 'fence', 'subscriber'] as const) {
      await using connection = await connect(redis.url.replace('/0?', '/1?'), role)
      expect(await connection.role()).toContain('master')
      expect(await connection.client('INFO')).toMatch(new RegExp(`name=test:${role} .* db=1 `))
    }
  })

  test('a connection that leaves a frozen primary is on the new one within half a second', async () => {
    await using redis = await startSentinelRedis()
    await using connection = await connect(redis.url)
    await using idle = await connect(redis.url, 'subscriber')
    const { to } = await redis.failover({ by: 'freeze' })
    const unanswered = connection.set('a', 1)

    const leftAt = performance.now()
    leaveServer(connection)
    leaveServer(idle)
    await expect(unanswered).rejects.toThrow()
    for (const each of [connection, idle]) {
      await eventually(async () => expect(await portOf(each)).toBe(to.port), { timeoutMs: 2_000 })
    }
    expect(performance.now() - leftAt).toBeLessThan(500)
  })

  test('writes go on within seconds of a freeze if two failures are reason to leave', async () => {
    await using redis = await startSentinelRedis()
    await using connection = await connect(redis.url)
    const from = await redis.primary()
    from.pause()
    await writeOn(connection, 10_000)
    expect(await portOf(connection)).not.toBe(from.port)
    // One sentinel knows first; the others follow.
    await eventually(async () => {
      expect((await redis.primary()).port).toBe(await portOf(connection))
    })
  })

  test('without leaving, a connection sticks to a former primary that resumes and believes in itself', async () => {
    await using redis = await startSentinelRedis()
    await using connection = await connect(redis.url)
    const { from, to } = await redis.failover({ by: 'freeze' })
    from.resume()
    await eventually(async () => expect(await portOf(connection)).toBe(from.port))
    expect(await connection.set('split', 1)).toBe('OK')
    leaveServer(connection)
    await eventually(async () => expect(await portOf(connection)).toBe(to.port))
    expect(await connection.get('split')).toBeNull()
  })

  test('a server that says it is a replica is left without being told to', async () => {
    await using redis = await startSentinelRedis()
    await using connection = await connect(redis.url)
    const { from, to } = await redis.failover()
    await from.follow(to)
    await eventually(async () => {
      await connection.set('a', 1)
      expect(await portOf(connection)).toBe(to.port)
    })
  })

  test('a frozen sentinel and a dead one are passed over', async () => {
    await using redis = await startSentinelRedis()
    redis.sentinels[0]?.pause()
    await redis.sentinels[1]?.kill()
    await using connection = await connect(redis.url)
    expect(await portOf(connection)).toBe(redis.nodes[0]?.port)
  })

  test('no connection is made to a replica, nor to anything while no sentinel answers', async () => {
    await using redis = await startSentinelRedis()
    await Promise.all(redis.sentinels.map((sentinel) => sentinel.kill()))
    const connection = connectRedis({ url: redis.url, role: 'commands', name: 'test' })
    await expect(whenReady(connection, 500)).rejects.toMatchObject({
      code: 'ERR_REDIS_UNAVAILABLE',
    })
    await redis.sentinels[2]?.restart()
    await whenReady(connection, 5_000)
    expect(await portOf(connection)).toBe(redis.nodes[0]?.port)
    connection.disconnect()
  })
})

describe('with one address', () => {
  test('leaving connects anew, where a subscriber subscribes as at every connection', async () => {
    await using redis = await startSentinelRedis({ sentinels: 0, replicas: 1 })
    await using subscriber = await connect(redis.url, 'subscriber')
    const heard: string[] = []
    subscriber.on('message', (_, message) => heard.push(message))
    subscriber.on('ready', () => subscriber.subscribe('hints').catch(tryAtTheNext))
    await subscriber.subscribe('hints')
    await redis.promote(second(redis), { keepConnections: true })
    leaveServer(subscriber)
    await eventually(async () => {
      await second(redis).ask('PUBLISH', 'hints', 'here')
      expect(heard).toContain('here')
    })
  })

  test('a server that accepts and never greets is left, and reached when it goes on', async () => {
    await using redis = await startSentinelRedis({ sentinels: 0, replicas: 1 })
    const [first] = redis.nodes as [RedisNode]
    first.pause()
    const subscriber = connectRedis({ url: redis.url, role: 'subscriber', name: 'test' })
    const opened = new Promise((resolve) => subscriber.once('connect', resolve))
    await opened
    await redis.promote(second(redis), { keepConnections: true })
    await whenReady(subscriber, 3_000)
    expect(await portOf(subscriber)).toBe(second(redis).port)
    subscriber.disconnect()
  })

  test('leaving twice, or after the end, does nothing more', async () => {
    await using redis = await startSentinelRedis({ sentinels: 0, replicas: 0 })
    const connection = await connect(redis.url)
    leaveServer(connection)
    leaveServer(connection)
    await whenReady(connection, 2_000)
    connection.disconnect()
    await eventually(() => expect(connection.status).toBe('end'))
    leaveServer(connection)
    expect(connection.status).toBe('end')
  })
})

function second({ nodes }: SentinelRedis): RedisNode {
  const [, node] = nodes
  if (!node) throw new TypeError('there is one server only')
  return node
}

function tryAtTheNext(): void {}
