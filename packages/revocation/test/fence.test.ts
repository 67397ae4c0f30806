import { eventually, startTcpProxy } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { keysOf, LEASE_MS, startLog } from './harness.ts'

describe('lease', () => {
  test('a follower that is cut off decides from memory for at most a lease', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    await using follower = await log.follow({ redisUrl: proxy.url })
    expect(follower.isFresh()).toBe(true)
    proxy.dropDown()
    const cutAt = performance.now()
    await eventually(() => expect(follower.isFresh()).toBe(false))
    expect(performance.now() - cutAt).toBeLessThanOrEqual(LEASE_MS + 200)
    expect(follower.leaseEndsAt - cutAt).toBeLessThanOrEqual(LEASE_MS)
    proxy.heal()
    await eventually(() => expect(follower.isFresh()).toBe(true))
  })

  test('what was lost while it was cut off is applied before it is fresh again', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    await using follower = await log.follow({ redisUrl: proxy.url })
    const before = follower.position
    proxy.cut()
    await eventually(() => expect(follower.isFresh()).toBe(false))
    await log.publish('usr_a')
    proxy.heal()
    await eventually(() => {
      const isFresh = follower.isFresh()
      if (isFresh) expect(follower.isStale(keysOf('usr_a'), before)).toBe(true)
      expect(isFresh).toBe(true)
    })
  })

  test('without as many replicas as a majority needs, nothing is proven', async () => {
    await using log = await startLog()
    await using follower = await log.follow({ replicas: 2 })
    await follower.catchUp()
    expect(follower.isFresh()).toBe(false)
  })

  test('a frozen server grants nothing, whatever it answers afterwards', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    log.redis.pause()
    const pausedAt = performance.now()
    await eventually(() => expect(follower.isFresh()).toBe(false))
    log.redis.resume()
    await eventually(() => expect(follower.isFresh()).toBe(true))
    expect(follower.leaseEndsAt).toBeGreaterThan(pausedAt + LEASE_MS)
  })

  test('a wall clock that jumps, as after a suspension, costs the lease until the next fence', async () => {
    await using log = await startLog()
    let wallAhead = 0
    const clock = { now: () => performance.now(), wall: () => Date.now() + wallAhead }
    await using follower = await log.follow({ clock })
    expect(follower.isFresh()).toBe(true)
    wallAhead = 3_600_000
    expect(follower.isFresh()).toBe(false)
    await follower.catchUp()
    expect(follower.isFresh()).toBe(true)
  })

  test('a relaxed decision is allowed as much longer as was declared, and no more', async () => {
    await using log = await startLog()
    let ahead = 0
    const clock = { now: () => performance.now() + ahead, wall: () => Date.now() + ahead }
    await using follower = await log.follow({ clock, longestRelaxedMs: 10_000 })
    ahead = LEASE_MS + 5_000
    expect(follower.isFresh()).toBe(false)
    expect(follower.isFresh(9_000)).toBe(true)
    ahead = LEASE_MS + 15_000
    expect(follower.isFresh(60_000)).toBe(false)
  })

  test('who has left has no lease any more', async () => {
    await using log = await startLog()
    const follower = await log.follow()
    await follower[Symbol.asyncDispose]()
    expect(follower.isFresh()).toBe(false)
    expect(await log.admin.hlen(log.keys.members)).toBe(0)
  })
})

describe('epoch', () => {
  test('on a server of which nothing is known, nobody is fresh until every earlier lease has ended', async () => {
    await using log = await startLog({ isDeclaredNew: false })
    const startedAt = performance.now()
    await using follower = await log.follow()
    expect(follower.isFresh()).toBe(false)
    await eventually(() => expect(follower.isFresh()).toBe(true))
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(LEASE_MS)
  })

  test.each([
    ['who has taken leave', false],
    ['who is just gone', true],
  ])(
    'after a restart the next to come wait out the lease of those before: %s',
    async (_name, isCut) => {
      await using log = await startLog({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
      await using proxy = await startTcpProxy({ target: log.redis.url })
      const gone = await log.follow({ redisUrl: proxy.url })
      if (isCut) proxy.cut()
      await gone[Symbol.asyncDispose]()
      await log.redis.restart()
      const restartedAt = performance.now()
      await using after = await log.follow()
      expect(after.isFresh()).toBe(false)
      await eventually(() => expect(after.isFresh()).toBe(true))
      expect(performance.now() - restartedAt).toBeGreaterThanOrEqual(LEASE_MS)
    },
  )

  test('under a new epoch leases that are held run out, and loads from it are not admitted before', async () => {
    await using log = await startLog()
    await using follower = await log.follow({ leaseMs: 1_000 })
    const { position } = follower
    await log.admin.flushall()
    await follower.catchUp()
    expect(follower.position.epoch).toBe(position.epoch)
    const point = { position: { epoch: position.epoch + 1, seq: 0 }, nonce: 'x' }
    expect(follower.admit(point, keysOf('usr_a'))).toBe('ahead')
    await eventually(() => expect(follower.position.epoch).toBe(position.epoch + 1))
    expect(follower.isFresh()).toBe(true)
  })

  test('the barrier goes up as soon as every driver has re-asserted what it knows', async () => {
    await using log = await startLog({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const repairs: string[][] = []
    const repair = async (events: readonly { subject?: string }[]) => {
      repairs.push(events.map(({ subject = '' }) => subject))
    }
    const leaseMs = 8_000
    await using a = await log.follow({ repair, leaseMs })
    await using b = await log.follow({ repair, leaseMs })
    await log.publish('usr_a')
    await Promise.all([a.catchUp(), b.catchUp()])
    const { epoch } = a.position
    const restartedAt = performance.now()
    await log.redis.restart()
    await eventually(() => {
      expect([a.position.epoch, b.position.epoch]).toEqual([epoch + 1, epoch + 1])
    })
    expect(performance.now() - restartedAt).toBeLessThan(leaseMs)
    expect(repairs).toEqual([['usr_a'], ['usr_a']])
    expect(a.isFresh()).toBe(true)
  })
})

describe('members', () => {
  test('one that died is taken out once it has stood still for its lease', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    await using _watcher = await log.follow()
    await using dead = await log.follow({ redisUrl: proxy.url })
    expect(await log.admin.hexists(log.keys.members, dead.instance)).toBe(1)
    proxy.cut()
    await eventually(async () => {
      expect(await log.admin.hexists(log.keys.members, dead.instance)).toBe(0)
    })
    expect(dead.isFresh()).toBe(false)
  })
})
