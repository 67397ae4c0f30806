import { createLogger } from '@portcullis/runtime'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createRevocations, type RevocationEvent } from '../src/index.ts'
import { LEASE_MS, startLog } from './harness.ts'

const logger = createLogger({ name: 'test', level: 'silent' })

async function take(events: AsyncGenerator<RevocationEvent, void>, count: number) {
  const taken: RevocationEvent[] = []
  while (taken.length < count) {
    const { value, done } = await events.next()
    if (done) break
    taken.push(value)
  }
  await events.return()
  return taken
}

const subjectsOf = (events: readonly RevocationEvent[]) =>
  events.map((event) => ('subject' in event ? event.subject : event.kind))

describe('a handler', () => {
  test('hears of its kind, in order, until it is ended', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    using revocations = createRevocations(follower, { logger })
    const heard: string[] = []
    const end = revocations.on('claims.changed', ({ subject, cause }) => {
      heard.push(`${subject} ${cause}`)
    })
    revocations.on('session.revoked', ({ session }) => void heard.push(session))
    for (const subject of ['usr_a', 'usr_b', 'usr_c'] as const) await log.publish(subject)
    await eventually(() => expect(heard).toEqual(['usr_a test', 'usr_b test', 'usr_c test']))
    end()
    const later = take(revocations.events(), 1)
    await log.publish('usr_d')
    await later
    expect(heard).toHaveLength(3)
  })

  test('that fails or never returns delays neither the others nor enforcement', async () => {
    await using log = await startLog()
    await using revoker = await log.follow()
    await using member = await log.follow()
    using revocations = createRevocations(member, { logger, maxBuffered: 2 })
    const heard: string[] = []
    revocations.on('claims.changed', ({ subject }) => {
      heard.push(subject)
      throw new Error('handler')
    })
    revocations.on('claims.changed', () => new Promise(() => undefined))
    for (let n = 0; n < 5; n += 1) {
      const receipt = await log.change(revoker, `usr_${n}`)
      expect(receipt.instances).toMatchObject([{ state: 'acknowledged' }])
      expect(receipt.tookMs).toBeLessThan(LEASE_MS)
    }
    await eventually(() => expect(heard).toEqual(['usr_0', 'usr_1', 'usr_2', 'usr_3', 'usr_4']))
  })
})

describe('events', () => {
  test('go on after a cursor on another instance, read on a connection of their own', async () => {
    await using log = await startLog()
    await using first = await log.follow()
    using before = createRevocations(first, { logger })
    const taking = take(before.events(), 2)
    for (const subject of ['usr_a', 'usr_b', 'usr_c', 'usr_d'] as const) await log.publish(subject)
    const [, last] = await taking
    expect(last).toMatchObject({ kind: 'claims.changed', subject: 'usr_b' })

    await using second = await log.follow({ name: 'other' })
    using after = createRevocations(second, { logger })
    const events = after.events({ after: last?.cursor })
    expect(subjectsOf(await take(events, 2))).toEqual(['usr_c', 'usr_d'])
    expect(await log.admin.client('LIST')).toContain('name=other:commands')
  })

  test('miss nothing while Redis restarts under them', async () => {
    await using log = await startLog({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    await using follower = await log.follow()
    using revocations = createRevocations(follower, { logger })
    const taking = take(revocations.events(), 3)
    await log.publish('usr_a')
    await log.redis.restart()
    await eventually(() => log.publish('usr_b'))
    await eventually(() => log.publish('usr_c'))
    expect(subjectsOf(await taking)).toEqual(['usr_a', 'usr_b', 'usr_c'])
  })

  test('say when the log was trimmed past the cursor', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    const { epoch, seq } = await log.publish('usr_a')
    for (const subject of ['usr_b', 'usr_c'] as const) await log.publish(subject)
    await log.admin.xtrim(log.keys.log, 'MAXLEN', 1)
    using revocations = createRevocations(follower, { logger })
    const trimmed = revocations.events({ after: `${epoch}.${seq}` })
    await expect(trimmed.next()).rejects.toMatchObject({ code: 'ERR_CURSOR_TRIMMED' })
    const whole = revocations.events({ after: `${epoch}.${seq + 1}` })
    expect(subjectsOf(await take(whole, 1))).toEqual(['usr_c'])
  })

  test('of a kind that is not known are handed out as such', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    const { epoch, seq } = follower.position
    const [, nonce] = ((await log.admin.get(log.keys.head)) ?? '').split(' ')
    const fields = ['k', 'planet.revoked', 'n', 'x', 'p', nonce ?? '', 'c', 'test']
    await log.admin.xadd(log.keys.log, `${epoch}-${seq + 1}`, ...fields)
    await log.admin.set(log.keys.head, `${seq + 1} x`)
    using revocations = createRevocations(follower, { logger })
    expect(await take(revocations.events(), 1)).toMatchObject([{ kind: 'unknown', cause: 'test' }])
  })

  test.each(['', '1', '1-2', '1.2.3', 'x.y'])('after %j are a TypeError', async (after) => {
    await using log = await startLog()
    await using follower = await log.follow()
    using revocations = createRevocations(follower, { logger })
    expect(() => revocations.events({ after })).toThrow(TypeError)
  })
})
