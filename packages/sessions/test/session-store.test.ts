import { ASSURANCE_LEVELS, AUTHENTICATION_METHODS, type SubjectId } from '@portcullis/context'
import { eventually } from '@portcullis/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEVICE_KINDS } from '../src/index.ts'
import { profilesEnding, startStores } from './harness.ts'

const ada = { subject: 'usr_ada', methods: ['pwd'] } as const
const cause = 'test'

describe('start and load', () => {
  test('what was started is loaded, whatever it is made of', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const starts = fc.record({
      subject: fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/).map((name): SubjectId => `usr_${name}`),
      methods: fc.subarray([...AUTHENTICATION_METHODS], { minLength: 1 }),
      assurance: fc.constantFrom(...ASSURANCE_LEVELS),
      profile: fc.constantFrom(...ASSURANCE_LEVELS),
      organization: fc.constantFrom(null, 'org_a' as const, `org_${'x'.repeat(60)}` as const),
      device: fc.record({
        kind: fc.constantFrom(...DEVICE_KINDS),
        label: fc.option(fc.string({ minLength: 1, maxLength: 80 })),
      }),
    })
    await fc.assert(
      fc.asyncProperty(starts, async (start) => {
        const { token, session } = await store.start(start)
        expect(session).toMatchObject(start)
        expect((await store.load(token))?.session).toEqual(session)
      }),
      { numRuns: 50 },
    )
  })

  test('Redis holds no secret', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token } = await store.start(ada)
    const secret = Buffer.from(token, 'base64url').subarray(12, 32)
    const dumps: Buffer[] = []
    for (const key of await stores.admin.keys('*')) {
      const dump = await stores.admin.dumpBuffer(key)
      if (dump) dumps.push(dump, Buffer.from(key))
    }
    const all = Buffer.concat(dumps)
    expect(dumps.length).toBeGreaterThan(4)
    expect(all.includes(secret)).toBe(false)
    expect(all.includes(secret.toString('base64url'))).toBe(false)
    expect(all.includes(token)).toBe(false)
  })

  test('a made-up token costs Redis nothing', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const before = await commandsProcessed(stores.admin)
    for (const token of ['', 'x', 'A'.repeat(47), 'A'.repeat(9_000)]) {
      expect(await store.load(token)).toBeNull()
    }
    expect((await commandsProcessed(stores.admin)) - before).toBe(1)
  })

  test('the oldest session ends when a subject has one more than the cap, and the log says so', async () => {
    await using stores = await startStores()
    await using store = await stores.open({ maxSessionsPerSubject: 3 })
    await using follower = await stores.follow()
    const started = []
    for (let i = 0; i < 5; i += 1) started.push(await store.start(ada))
    const alive = await Promise.all(started.map(({ token }) => store.load(token)))
    expect(alive.filter(Boolean)).toHaveLength(3)
    expect(await store.list('usr_ada')).toHaveLength(3)
    await follower.catchUp()
    expect(follower.position.seq).toBe(2)
  })

  test('concurrent sign-ins never leave more sessions than the cap', async () => {
    await using stores = await startStores()
    await using a = await stores.open({ maxSessionsPerSubject: 4 })
    await using b = await stores.open({ maxSessionsPerSubject: 4 })
    await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? a : b).start(ada)))
    expect(await a.list('usr_ada')).toHaveLength(4)
  })

  test('near the memory limit no session is started, and ending them still works', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { session, token } = await store.start(ada)
    await stores.admin.config('SET', 'maxmemory', '1000000')
    await expect(store.start(ada)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE_FULL' })
    expect(await store.load(token)).not.toBeNull()
    await store.revoke({ session: session.id }, { cause })
    expect(await store.load(token)).toBeNull()
  })
})

describe('ends', () => {
  test('a session ends at its absolute end however often it is used', async () => {
    await using stores = await startStores()
    await using store = await stores.open({ profiles: profilesEnding({ absoluteSeconds: 2 }) })
    const { token, session } = await store.start(ada)
    await eventually(async () => {
      await store.touch([{ id: session.id, ageMs: 0 }])
      expect(await store.load(token)).toBeNull()
    })
  })

  test('an unused session ends at its idle timeout, a used one does not', async () => {
    await using stores = await startStores()
    await using store = await stores.open({ profiles: profilesEnding({ idleSeconds: 3 }) })
    const [idle, used] = [await store.start(ada), await store.start(ada)]
    await eventually(
      async () => {
        await store.touch([{ id: used.session.id, ageMs: 0 }])
        expect(await store.load(idle.token)).toBeNull()
      },
      { intervalMs: 200 },
    )
    expect(await store.load(used.token)).not.toBeNull()
  })

  test('a touch counts from when the request came', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token, session } = await store.start(ada)
    expect(await store.touch([{ id: session.id, ageMs: 60_000 }])).toBe(0)
    expect((await store.load(token))?.session.lastSeenAt).toBe(session.lastSeenAt)
    await eventually(async () => expect(await store.touch([{ id: session.id, ageMs: 0 }])).toBe(1))
    expect((await store.load(token))?.session.lastSeenAt).toBeGreaterThan(session.lastSeenAt)
  })

  test('a touch never brings a session back', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token, session } = await store.start(ada)
    await store.revoke({ session: session.id }, { cause })
    expect(await store.touch([{ id: session.id, ageMs: 0 }])).toBe(0)
    expect(await store.load(token)).toBeNull()
    expect(await stores.admin.keys('*:u:*')).toEqual([])
  })

  test('a subject whose last session ended leaves no record behind', async () => {
    await using stores = await startStores()
    await using store = await stores.open({ profiles: profilesEnding({ absoluteSeconds: 1 }) })
    await store.start({ ...ada, device: { label: 'Firefox' } })
    await eventually(async () => {
      expect(await stores.admin.keys('*:[ud]:*')).toEqual([])
    })
  })
})

describe('claims cache', () => {
  const claims = {
    version: 2,
    roles: [],
    permissions: [],
    memberships: {},
    custom: { plan: 'pro' },
  }

  test('stored claims are loaded with the session', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token } = await store.start(ada)
    const loaded = await store.load(token)
    if (!loaded) throw new Error('not loaded')
    expect(loaded.claims).toBeNull()
    expect(await store.storeClaims('usr_ada', claims, loaded.point)).toBe(true)
    expect((await store.load(token))?.claims).toEqual(claims)
  })

  test('an answer older than the stored one, or from another epoch, is not stored', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token } = await store.start(ada)
    const loaded = await store.load(token)
    if (!loaded) throw new Error('not loaded')
    await store.storeClaims('usr_ada', claims, loaded.point)
    const older = { ...claims, version: 1 }
    expect(await store.storeClaims('usr_ada', older, loaded.point)).toBe(false)
    const elsewhere = { ...loaded.point, position: { epoch: 9, seq: 0 } }
    expect(await store.storeClaims('usr_ada', { ...claims, version: 3 }, elsewhere)).toBe(false)
  })
})

test('a store with another pepper does not start', async () => {
  await using stores = await startStores()
  await using _store = await stores.open()
  const other = stores.open({ pepper: Buffer.alloc(32, 1).toString('base64url') })
  await expect(other).rejects.toMatchObject({ code: 'ERR_PEPPER_MISMATCH' })
})

async function commandsProcessed(admin: { info(section: string): Promise<string> }) {
  const info = await admin.info('stats')
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
}
