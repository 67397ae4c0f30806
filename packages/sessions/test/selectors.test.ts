import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { type SessionStore, selectorSchema } from '../src/index.ts'
import { startStores } from './harness.ts'

const ada = { subject: 'usr_ada', methods: ['pwd'] } as const
const grace = { subject: 'usr_grace', methods: ['pwd'] } as const
const cause = 'test'

/** Which of these sessions are believed. */
async function alive(store: SessionStore, ...sessions: { token: string }[]) {
  const loaded = await Promise.all(sessions.map(({ token }) => store.load(token)))
  return loaded.map((session) => session !== null)
}

/** A moment by the server's clock that is later than all it has done, and earlier than all it will do. */
async function momentOf(admin: { time(): Promise<unknown> }): Promise<Date> {
  const read = async () => {
    const [seconds, micros] = (await admin.time()) as [string, string]
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  }
  const now = await read()
  // Sessions know their beginning to the second.
  const moment = (Math.floor(now / 1_000) + 1) * 1_000
  await eventually(async () => expect(await read()).toBeGreaterThanOrEqual(moment), {
    intervalMs: 5,
  })
  return new Date(moment)
}

describe('selectors', () => {
  test('a device of a person, and no other', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const phone = await store.start({ ...ada, device: { kind: 'phone' } })
    const laptop = await store.start({ ...ada, device: { kind: 'browser' } })
    const other = await store.start({ ...grace, device: { kind: 'phone' } })
    const selector = { subject: 'usr_ada', device: 'phone' } as const
    expect(await store.preview(selector)).toBe(1)
    expect(await store.revoke(selector, { cause })).toMatchObject({ ended: 1 })
    expect(await alive(store, phone, laptop, other)).toEqual([false, true, true])
  })

  test('what of a person began before a moment, also if it was renewed since', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const before = await store.start(ada)
    const early = await store.start(ada)
    const beganBefore = await momentOf(stores.admin)
    const renewed = await store.renew(early.session.id, ada)
    const after = await store.start(ada)
    const selector = { subject: 'usr_ada', beganBefore } as const
    expect(await store.preview(selector)).toBe(2)
    expect(await store.revoke(selector, { cause })).toMatchObject({ ended: 2 })
    expect(await alive(store, before, renewed, after)).toEqual([false, false, true])
  })

  test('what of everyone began before a moment, and never less', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const moments: Date[] = []
    const started = []
    for (let i = 0; i < 3; i += 1) {
      started.push(await store.start({ ...ada, subject: `usr_${i}` }))
      moments.push(await momentOf(stores.admin))
      // Entries of the log, between which a moment is placed.
      for (let n = 0; n < 5; n += 1) await store.revoke({ subject: 'usr_nobody' }, { cause })
    }
    const [first, second, third] = moments as [Date, Date, Date]
    await store.revoke({ everyone: true, beganBefore: first }, { cause })
    expect(await alive(store, ...started)).toEqual([false, true, true])
    await store.revoke({ everyone: true, beganBefore: third }, { cause })
    expect(await alive(store, ...started)).toEqual([false, false, false])
    const last = await store.start(ada)
    await store.revoke({ everyone: true, beganBefore: second }, { cause })
    expect(await alive(store, last, ...started)).toEqual([true, false, false, false])
  }, 15_000)

  test('a moment of which the log knows nothing any more ends what began before its oldest entry', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const before = await store.start(ada)
    for (let n = 0; n < 5; n += 1) await store.revoke({ subject: 'usr_nobody' }, { cause })
    const after = await store.start(grace)
    await stores.admin.xtrim(stores.keys.log, 'MAXLEN', 2)
    await store.revoke({ everyone: true, beganBefore: new Date(0) }, { cause })
    expect(await alive(store, before, after)).toEqual([false, true])
  })

  test('a moment to come counts as now', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const before = await store.start(ada)
    const beganBefore = new Date(Date.now() + 3_600_000)
    await store.revoke({ everyone: true, beganBefore }, { cause })
    expect(await alive(store, before, await store.start(ada))).toEqual([false, true])
  })

  test('a dry run counts the live sessions of an organization or of everyone, and ends none', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const people = Array.from({ length: 300 }, (_, i) => `usr_${i}` as const)
    await Promise.all(
      people.map((subject, i) =>
        store.start({ ...ada, subject, organization: i % 3 ? 'org_acme' : null }),
      ),
    )
    await store.revoke({ subject: 'usr_1' }, { cause })
    expect(await store.preview({ everyone: true })).toBe(299)
    expect(await store.preview({ organization: 'org_acme' })).toBe(199)
    expect(await store.preview({ everyone: true, beganBefore: new Date(0) })).toBe(299)
    await store.revoke({ organization: 'org_acme' }, { cause })
    expect(await store.preview({ everyone: true })).toBe(100)
  })

  test('a dry run that the server does not permit counts nothing', async () => {
    await using stores = await startStores()
    await stores.admin.call('ACL', 'SETUSER', 'blind', 'on', '>x', '~*', '&*', '+@all', '-scan')
    const url = new URL(stores.redis.url)
    url.username = 'blind'
    url.password = 'x'
    await using store = await stores.open({ redisUrl: url.href })
    await store.start(ada)
    expect(await store.preview({ everyone: true })).toBeNull()
    expect(await store.preview({ subject: 'usr_ada' })).toBe(1)
  })

  test('one that mixes two is none', () => {
    for (const selector of [
      {},
      { everyone: false },
      { session: 'ses_x', subject: 'usr_x' },
      { subject: 'usr_x', except: 'ses_x', device: 'phone' },
      { organization: 'org_x', beganBefore: new Date() },
      { everyone: true, beganBefore: 'yesterday' },
    ]) {
      expect(selectorSchema.safeParse(selector).success).toBe(false)
    }
    const beganBefore = '2026-10-01T12:00:00+02:00'
    expect(selectorSchema.parse({ everyone: true, beganBefore })).toEqual({
      everyone: true,
      beganBefore: new Date(beganBefore),
    })
  })
})

describe('a change with an id', () => {
  test('repeated, is the same change and spares what began since', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const before = await store.start(ada)
    const first = await store.revoke({ subject: 'usr_ada' }, { cause, id: 'chg_1' })
    const after = await store.start(ada)
    await store.revoke({ subject: 'usr_nobody' }, { cause })
    expect(await store.revoke({ subject: 'usr_ada' }, { cause, id: 'chg_1' })).toEqual(first)
    expect(await alive(store, before, after)).toEqual([false, true])
    const everyone = { everyone: true } as const
    const wide = await store.revoke(everyone, { cause, id: 'chg_2' })
    const later = await store.start(ada)
    expect(await store.revoke(everyone, { cause, id: 'chg_2' })).toEqual(wide)
    expect(await alive(store, after, later)).toEqual([false, true])
  })

  test('is not taken for another one', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const session = await store.start(grace)
    await store.revoke({ subject: 'usr_ada' }, { cause, id: 'chg_1' })
    const other = store.revoke({ subject: 'usr_grace' }, { cause, id: 'chg_1' })
    await expect(other).rejects.toMatchObject({ code: 'ERR_CHANGE_ID_REUSED' })
    expect(await alive(store, session)).toEqual([true])
  })

  test('repeated in another history, has a place in that one', async () => {
    await using stores = await startStores({ args: ['--appendonly', 'yes'] })
    await using store = await stores.open()
    const first = await store.revoke({ subject: 'usr_ada' }, { cause, id: 'chg_1' })
    const after = await store.start(ada)
    await stores.redis.restart()
    const repeat = () => store.revoke({ subject: 'usr_ada' }, { cause, id: 'chg_1' })
    const again = await eventually(repeat)
    expect(again.position.epoch).toBeGreaterThan(first.position.epoch)
    expect(again.ended).toBe(first.ended)
    expect(await alive(store, after)).toEqual([true])
  })
})
