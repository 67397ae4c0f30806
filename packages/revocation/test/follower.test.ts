import { eventually, startTcpProxy } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { keysOf, recordEvents, startLog } from './harness.ts'

describe('follower', () => {
  test('an event reaches every follower, once and in order', async () => {
    await using log = await startLog()
    await using a = await log.follow()
    await using b = await log.follow()
    const seen = [recordEvents(a), recordEvents(b)]
    for (let i = 0; i < 20; i += 1) await log.publish(`usr_${i}`)
    await eventually(() => {
      for (const events of seen) {
        expect(events.map((event) => event.position.seq)).toEqual(seqs(1, 20))
      }
    })
  })

  test('a follower that hears no hint at all catches up from the log', async () => {
    await using log = await startLog()
    const deaf = new URL(log.redis.url)
    deaf.username = 'deaf'
    deaf.password = 'x'
    await log.admin.call('ACL', 'SETUSER', 'deaf', 'on', '>x', '~*', '+@all', 'resetchannels')
    await using follower = await log.follow({ redisUrl: deaf.href })
    const events = recordEvents(follower)
    const before = follower.position
    const after = await log.publish('usr_a')
    await eventually(() => expect(follower.position).toEqual(after), { timeoutMs: 1_000 })
    expect(follower.isStale(keysOf('usr_a'), before)).toBe(true)
    expect(events).toHaveLength(1)
  })

  test('a follower whose network fell silent catches up when it is back', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    await using follower = await log.follow({ redisUrl: proxy.url })
    proxy.dropDown()
    const missed = await log.publish('usr_a')
    await expect(follower.catchUp()).rejects.toMatchObject({ code: 'ERR_LOG_UNREADABLE' })
    expect(follower.position.seq).toBeLessThan(missed.seq)
    proxy.heal()
    await eventually(() => expect(follower.position).toEqual(missed))
  })

  test('a follower that starts after an event refuses what was checked before it', async () => {
    await using log = await startLog()
    const before = await log.publish('usr_b')
    const after = await log.publish('usr_a')
    await using follower = await log.follow()
    expect(follower.position).toEqual(after)
    expect(follower.isStale(keysOf('usr_a'), before)).toBe(true)
    expect(follower.isStale(keysOf('usr_b'), before)).toBe(false)
  })

  test('3,000 events behind at once are all applied', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    await using follower = await log.follow({ redisUrl: proxy.url })
    const events = recordEvents(follower)
    proxy.cut()
    const subjects = Array.from({ length: 3_000 }, (_, i) => `usr_${i}` as const)
    const positions = await Promise.all(subjects.map((subject) => log.publish(subject)))
    proxy.heal()
    await eventually(() => expect(follower.position.seq).toBe(3_000))
    expect(events.map((event) => event.position.seq)).toEqual(seqs(1, 3_000))
    expect(new Set(positions.map(({ seq }) => seq)).size).toBe(3_000)
  })

  test('a log trimmed past a follower makes it believe nothing from before the head', async () => {
    await using log = await startLog()
    await using proxy = await startTcpProxy({ target: log.redis.url })
    await using follower = await log.follow({ redisUrl: proxy.url })
    let resets = 0
    follower.onReset(() => {
      resets += 1
    })
    const before = await log.publish('usr_b')
    await follower.catchUp()
    proxy.cut()
    await log.publish('usr_c')
    const head = await log.publish('usr_a')
    await log.admin.xtrim(log.keys.log, 'MAXLEN', '=', 0)
    proxy.heal()
    await eventually(() => expect(follower.position).toEqual(head))
    expect(resets).toBe(1)
    expect(follower.isStale(keysOf('usr_b'), before)).toBe(true)
    expect(follower.isStale(keysOf('usr_b'), head)).toBe(false)
  })

  test.each([
    ['FLUSHALL', (redis: { flushall(): Promise<unknown> }) => redis.flushall()],
    ['a deleted head', (redis: { del(key: string): Promise<unknown> }) => redis.del('pc:{0}:head')],
    [
      'a head set back',
      (redis: { set(key: string, value: string): Promise<unknown> }) =>
        redis.set('pc:{0}:head', '1 old'),
    ],
    [
      'a deleted epoch',
      (redis: { del(key: string): Promise<unknown> }) => redis.del('pc:{0}:epoch'),
    ],
  ])('after %s nothing checked before is believed', async (_name, damage) => {
    await using log = await startLog()
    await using follower = await log.follow()
    for (const subject of ['usr_a', 'usr_b', 'usr_c'] as const) await log.publish(subject)
    await follower.catchUp()
    const before = follower.position
    await damage(log.admin)
    await eventually(() => expect(follower.position.epoch).toBe(before.epoch + 1))
    expect(follower.isStale(keysOf('usr_z'), before)).toBe(true)
    const after = await log.publish('usr_a')
    await eventually(() => expect(follower.position).toEqual(after))
  })

  test('a server that restarted without its data is another history, for everyone the same', async () => {
    await using log = await startLog()
    await using a = await log.follow()
    await using b = await log.follow()
    await log.publish('usr_a')
    await Promise.all([a.catchUp(), b.catchUp()])
    const before = a.position
    await log.redis.restart()
    await eventually(() => {
      expect(a.position.epoch).toBeGreaterThan(before.epoch)
      expect(b.position).toEqual(a.position)
    })
    expect(a.isStale(keysOf('usr_b'), before)).toBe(true)
    const after = await eventually(() => log.publish('usr_a'))
    await eventually(() => expect([a.position, b.position]).toEqual([after, after]))
  })

  test('a value read before an event that is then applied is not admitted', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    const [seq, nonce = ''] = (await log.admin.get(log.keys.head))?.split(' ') ?? []
    const point = { position: { ...follower.position, seq: Number(seq) }, nonce }
    expect(follower.admit(point, keysOf('usr_a'))).toBe('admitted')
    await log.publish('usr_a')
    await follower.catchUp()
    expect(follower.admit(point, keysOf('usr_a'))).toBe('superseded')
    expect(follower.admit(point, keysOf('usr_b'))).toBe('admitted')
  })

  test('without Redis it does not start, and says so', async () => {
    await using log = await startLog()
    await log.redis.stop()
    const start = log.follow({ startTimeoutMs: 300 })
    await expect(start).rejects.toMatchObject({ code: 'ERR_LOG_UNREADABLE' })
  })
})

function seqs(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
