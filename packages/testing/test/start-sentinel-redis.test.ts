import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import {
  eventually,
  type RedisNode,
  type SentinelNode,
  type SentinelRedis,
  startProcess,
  startSentinelRedis,
} from '../src/index.ts'

const roles = (redis: SentinelRedis) => Promise.all(redis.nodes.map((node) => node.role()))
const read = (node: RedisNode, key: string) => node.ask('GET', key)

async function flagsOfPrimary(sentinel: SentinelNode): Promise<string> {
  const reply = await sentinel.ask('SENTINEL', 'MASTER', 'portcullis')
  const fields = Array.isArray(reply) ? reply.map(String) : []
  return fields[fields.indexOf('flags') + 1] ?? ''
}

// Most of the time passes in the sentinels' own limits.
describe.concurrent('with sentinels', () => {
  test('it starts as a primary with two replicas in sync, watched by three', async () => {
    await using redis = await startSentinelRedis()
    expect(await roles(redis)).toEqual(['primary', 'replica', 'replica'])
    expect(await redis.primary()).toBe(redis.nodes[0])
    await (await redis.primary()).ask('SET', 'a', '1')
    await redis.inSync()
    for (const node of redis.nodes) expect(await read(node, 'a')).toBe('1')
    for (const sentinel of redis.sentinels) {
      const quorum = await sentinel.ask('SENTINEL', 'CKQUORUM', 'portcullis')
      expect(quorum).toContain('OK 3 usable Sentinels')
    }
  })

  test('a failover on command promotes a replica, and the former primary follows it', async () => {
    await using redis = await startSentinelRedis()
    await redis.nodes[0]?.ask('SET', 'a', '1')
    await redis.inSync()
    const { from, to } = await redis.failover()
    expect(from).toBe(redis.nodes[0])
    expect(await read(to, 'a')).toBe('1')
    await eventually(async () => expect(await from.role()).toBe('replica'), { timeoutMs: 15_000 })
    await to.ask('SET', 'a', '2')
    await redis.inSync()
    expect(await read(from, 'a')).toBe('2')
  })

  test('a frozen primary is replaced, believes in itself when it resumes, and is demoted', async () => {
    await using redis = await startSentinelRedis()
    const { from, to } = await redis.failover({ by: 'freeze' })
    from.resume()
    expect(await from.role()).toBe('primary')
    expect(await to.role()).toBe('primary')
    await eventually(async () => expect(await from.role()).toBe('replica'), { timeoutMs: 25_000 })
  })

  test('a killed primary is replaced, and comes back as a replica that has what it missed', async () => {
    await using redis = await startSentinelRedis()
    const { from, to } = await redis.failover({ by: 'kill' })
    await to.ask('SET', 'a', '1')
    await from.restart()
    await eventually(async () => expect(await read(from, 'a')).toBe('1'), { timeoutMs: 25_000 })
    expect(await from.role()).toBe('replica')
  })

  test('a replica that lacks the tail can be the one that is promoted: the tail is lost', async () => {
    await using redis = await startSentinelRedis()
    const [primary, behind, ahead] = redis.nodes as [RedisNode, RedisNode, RedisNode]
    await primary.ask('SET', 'a', 'kept')
    await redis.inSync()
    await behind.stopReplicating()
    await primary.ask('SET', 'a', 'lost')
    await eventually(async () => expect(await read(ahead, 'a')).toBe('lost'))

    const { to } = await redis.failover({ by: 'kill', to: behind })
    expect(to).toBe(behind)
    expect(await read(behind, 'a')).toBe('kept')
    await behind.startReplicating()
    await eventually(async () => expect(await read(ahead, 'a')).toBe('kept'), { timeoutMs: 15_000 })
  })

  test('without a majority of the sentinels nothing fails over until one is back', async () => {
    await using redis = await startSentinelRedis()
    const [first, second, third] = redis.sentinels as [SentinelNode, SentinelNode, SentinelNode]
    await Promise.all([first.kill(), second.kill()])
    await redis.nodes[0]?.kill()
    await eventually(async () => expect(await flagsOfPrimary(third)).toContain('s_down'))
    expect(await Promise.all(redis.nodes.slice(1).map((node) => node.role()))).not.toContain(
      'primary',
    )
    await expect(redis.primary()).rejects.toMatchObject({ code: 'ERR_NO_PRIMARY' })

    await second.restart()
    const next = () => redis.primary()
    const isReplaced = async () => expect(await next()).not.toBe(redis.nodes[0])
    await eventually(isReplaced, { timeoutMs: 25_000 })
    await eventually(async () => expect(await (await next()).role()).toBe('primary'))
  })
})

describe('without sentinels', () => {
  test('a promotion is immediate, loses a tail, and moves the address', async () => {
    await using redis = await startSentinelRedis({ sentinels: 0, replicas: 1 })
    const [former, next] = redis.nodes as [RedisNode, RedisNode]
    await next.stopReplicating()
    await using client = connect(redis.url)
    await client.set('a', 'lost')
    await redis.promote(next)
    await eventually(async () => expect(await client.get('a')).toBeNull())
    expect(await redis.primary()).toBe(next)
    expect(await former.role()).toBe('replica')
  })

  test('a connection may stick to a former primary that stays one', async () => {
    await using redis = await startSentinelRedis({ sentinels: 0, replicas: 1 })
    const [former, next] = redis.nodes as [RedisNode, RedisNode]
    await using sticky = connect(redis.url)
    await sticky.ping()
    await redis.promote(next, { keepConnections: true, leaveFormer: true })
    await sticky.set('a', 'split')
    await using fresh = connect(redis.url)
    expect(await fresh.get('a')).toBeNull()
    expect(await read(former, 'a')).toBe('split')
    expect(await roles(redis)).toEqual(['primary', 'primary'])
  })

  test('what sentinels decide and what a test decides are not mixed up', async () => {
    await using redis = await startSentinelRedis({ sentinels: 0, replicas: 0 })
    await expect(redis.failover()).rejects.toThrow(TypeError)
  })
})

test('nothing outlives the process that started it, frozen servers included', async () => {
  // Their files stay behind when a process is killed, so they get a place that is removed.
  await using folder = await mkdtempDisposable(join(tmpdir(), 'portcullis-killed-'))
  const owner = await startProcess({
    command: process.execPath,
    args: [fileURLToPath(new URL('./fixtures/sentinel.ts', import.meta.url))],
    env: { TMPDIR: folder.path },
    readyLine: /^pids/,
  })
  const pids = [...owner.output().matchAll(/\b\d+\b/g)].map(Number)
  expect(pids).toHaveLength(6)
  owner.signal('SIGKILL')
  await owner.exited
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]), { timeoutMs: 10_000 })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function connect(url: string): Redis & AsyncDisposable {
  const redis = new Redis(url, { disconnectTimeout: 1 })
  redis.on('error', () => {})
  return Object.assign(redis, { [Symbol.asyncDispose]: async () => redis.disconnect() })
}
