import { eventually, startTcpProxy } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { keysOf, LEASE_MS, startLog } from './harness.ts'

describe.each(['reply', 'fence'] as const)('receipt, proven by its own %s', (provenBy) => {
  test('a change is enforced when every instance has applied it', async () => {
    await using log = await startLog()
    await using revoker = await log.follow()
    await using a = await log.follow({ name: 'orders' })
    await using b = await log.follow({ name: 'accounts' })
    const before = a.position
    const receipt = await log.change(revoker, 'usr_a', { provenBy })
    expect(receipt.level).toBe('enforced')
    expect(receipt.instances).toHaveLength(2)
    expect(receipt.instances).toEqual(
      expect.arrayContaining([
        { id: a.instance, service: 'orders', state: 'acknowledged', afterMs: expect.any(Number) },
        { id: b.instance, service: 'accounts', state: 'acknowledged', afterMs: expect.any(Number) },
      ]),
    )
    expect(receipt.tookMs).toBeLessThan(LEASE_MS)
    for (const follower of [revoker, a, b]) {
      expect(follower.isStale(keysOf('usr_a'), before)).toBe(true)
    }
  })

  test('an instance that does not answer is waited for until its lease has ended', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    await using revoker = await log.follow()
    await using silent = await log.follow({ redisUrl: proxy.url })
    proxy.dropDown()
    const receipt = await log.change(revoker, 'usr_a', { provenBy })
    expect(silent.isFresh()).toBe(false)
    expect(receipt).toMatchObject({
      level: 'enforced',
      instances: [{ id: silent.instance, state: 'lease-ended' }],
    })
    expect(receipt.tookMs).toBeGreaterThanOrEqual(LEASE_MS)
  })

  test('an instance that is taken out meanwhile is not waited for', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    const leaseMs = 20_000
    await using revoker = await log.follow()
    await using leaver = await log.follow({ redisUrl: proxy.url, leaseMs })
    proxy.dropDown()
    const receipt = log.change(revoker, 'usr_a', { provenBy })
    const fencesBefore = await log.fencesOf(revoker)
    await eventually(async () => {
      expect(await log.fencesOf(revoker)).toBeGreaterThan(fencesBefore + 3)
    })
    await log.admin.hdel(log.keys.members, leaver.instance)
    expect(await receipt).toMatchObject({
      level: 'enforced',
      instances: [{ id: leaver.instance, state: 'left' }],
    })
    expect((await receipt).tookMs).toBeLessThan(leaseMs)
    proxy.cut()
  })

  test('acknowledgements that are lost show in the next fence', async () => {
    await using log = await startLog()
    await log.admin.call('ACL', 'SETUSER', 'mute', 'on', '>x', '~*', '+@all', '&pc:{0}:hints')
    const mute = new URL(log.redis.url)
    mute.username = 'mute'
    mute.password = 'x'
    const leaseMs = 2_000
    await using revoker = await log.follow({ leaseMs })
    await using member = await log.follow({ redisUrl: mute.href, leaseMs })
    const receipt = await log.change(revoker, 'usr_a', { provenBy })
    expect(receipt.instances).toMatchObject([{ id: member.instance, state: 'acknowledged' }])
    expect(receipt.tookMs).toBeLessThan(leaseMs)
  })

  test('an acknowledgement over a gap does not count', async () => {
    await using log = await startLog()
    await using revoker = await log.follow()
    await using member = await log.follow()
    const { position } = await log.change(revoker, 'usr_a', { provenBy })
    const channel = log.keys.acknowledgements(revoker.instance)
    const receipt = log.change(revoker, 'usr_b', { provenBy })
    await log.admin.publish(channel, `${member.instance} ${position?.epoch}-0`)
    expect((await receipt).level).toBe('enforced')
    expect(member.position).toEqual((await receipt).position)
  })

  test('many changes at once share their proofs, and each is enforced', async () => {
    await using log = await startLog()
    await using revoker = await log.follow()
    await using member = await log.follow()
    const before = member.position
    const subjects = Array.from({ length: 100 }, (_, i) => `usr_${i}` as const)
    const receipts = await Promise.all(
      subjects.map((subject) => log.change(revoker, subject, { provenBy })),
    )
    expect(new Set(receipts.map(({ level }) => level))).toEqual(new Set(['enforced']))
    for (const subject of subjects) expect(member.isStale(keysOf(subject), before)).toBe(true)
  })

  test('who does not want to wait is told that it is pending', async () => {
    await using log = await startLog()
    await using revoker = await log.follow()
    await using member = await log.follow()
    const receipt = await log.change(revoker, 'usr_a', { provenBy, wait: 'majority' })
    expect(receipt).toMatchObject({
      level: 'pending',
      instances: [{ id: member.instance, state: 'waiting', afterMs: null }],
    })
  })

  test('a change that no majority is known to have is indeterminate', async () => {
    await using log = await startLog()
    await using revoker = await log.follow({ replicas: 2 })
    expect(await log.change(revoker, 'usr_a', { provenBy })).toMatchObject({
      level: 'indeterminate',
    })
  })

  test('a change of a history that is gone is indeterminate', async () => {
    await using log = await startLog()
    await using revoker = await log.follow()
    const position = await log.publish('usr_a')
    await log.admin.flushall()
    const change = { id: 'chg_x', position, startedAt: performance.now() }
    expect(await revoker.enforce(change)).toMatchObject({ level: 'indeterminate' })
  })

  test('while an epoch is not settled, acknowledgements do not shorten the wait', async () => {
    await using log = await startLog({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const leaseMs = 1_500
    await using revoker = await log.follow({ leaseMs })
    await using member = await log.follow({ leaseMs })
    const { epoch } = revoker.position
    await log.redis.restart()
    await eventually(() => {
      expect(member.position.epoch).toBeGreaterThan(epoch)
      expect(revoker.position).toEqual(member.position)
    })
    const receipt = await log.change(revoker, 'usr_a', { provenBy })
    expect(receipt.level).toBe('enforced')
    expect(receipt.tookMs).toBeGreaterThanOrEqual(leaseMs)
  })
})

describe('receipt', () => {
  test('a change that brings its own proof costs no fence', async () => {
    await using log = await startLog()
    const leaseMs = 20_000
    await using revoker = await log.follow({ leaseMs })
    await using member = await log.follow({ leaseMs })
    const before = await log.fencesOf(revoker)
    for (let n = 0; n < 5; n += 1) {
      expect(await log.change(revoker, 'usr_a')).toMatchObject({
        level: 'enforced',
        instances: [{ id: member.instance, state: 'acknowledged' }],
      })
    }
    expect(await log.fencesOf(revoker)).toBe(before)
  })

  test('a change whose own hint is lost is in force at the revoker before its receipt', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    const leaseMs = 20_000
    await using revoker = await log.follow({ redisUrl: proxy.url, leaseMs })
    const before = revoker.position
    await log.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    const receipt = await log.change(revoker, 'usr_a', { wait: 'majority' })
    expect(receipt.level).toBe('pending')
    expect(revoker.isStale(keysOf('usr_a'), before)).toBe(true)
  })
})
