import { describe, expect, test } from 'vitest'
import { startStores } from './harness.ts'

const ada = { subject: 'usr_ada', methods: ['pwd'] } as const
const cause = 'test'

describe('revocation', () => {
  test('one, all but one, and all of a subject', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const [a, b, c] = [await store.start(ada), await store.start(ada), await store.start(ada)]
    const other = await store.start({ ...ada, subject: 'usr_grace' })

    expect(await store.revoke({ session: a.session.id }, { cause })).toMatchObject({ ended: 1 })
    expect(await store.load(a.token)).toBeNull()
    const except = c.session.id
    const others = await store.revoke({ subject: 'usr_ada', except }, { cause })
    expect(others.ended).toBe(1)
    expect(await store.load(b.token)).toBeNull()
    expect(await store.load(c.token)).not.toBeNull()
    expect(await store.revoke({ subject: 'usr_ada' }, { cause })).toMatchObject({ ended: 1 })
    expect(await store.load(c.token)).toBeNull()
    expect(await store.load(other.token)).not.toBeNull()
  })

  test('ending what has ended is no error and no event', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { session } = await store.start(ada)
    const first = await store.revoke({ session: session.id }, { cause })
    expect(await store.revoke({ session: session.id }, { cause })).toEqual({ ...first, ended: 0 })
  })

  test('an id that is none of ours, or not of this subject, is refused', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { session } = await store.start(ada)
    const notFound = { code: 'ERR_SESSION_NOT_FOUND' }
    await expect(store.revoke({ session: 'ses_x' }, { cause })).rejects.toMatchObject(notFound)
    const foreign = store.revoke({ subject: 'usr_grace', except: session.id }, { cause })
    await expect(foreign).rejects.toMatchObject(notFound)
  })

  test('an organization ends the sessions that have it active, and those that take it later live', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const inAcme = await store.start({ ...ada, organization: 'org_acme' })
    const inGlobex = await store.start({ ...ada, organization: 'org_globex' })
    await store.revoke({ organization: 'org_acme' }, { cause })
    expect(await store.load(inAcme.token)).toBeNull()
    expect(await store.list('usr_ada')).toHaveLength(1)
    expect(await store.touch([{ id: inAcme.session.id, ageMs: 0 }])).toBe(0)
    await expect(store.switchOrganization(inAcme.session.id, null)).rejects.toMatchObject({
      code: 'ERR_SESSION_NOT_FOUND',
    })
    await store.switchOrganization(inGlobex.session.id, 'org_acme')
    expect((await store.load(inGlobex.token))?.session.organization).toBe('org_acme')
  })

  test('ending everyone spares who signs in afterwards; a renewed session keeps its beginning', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const before = await store.start(ada)
    const renewed = await store.renew(before.session.id, ada)
    await store.revoke({ everyone: true }, { cause })
    expect(await store.load(renewed.token)).toBeNull()
    const after = await store.start(ada)
    expect(await store.load(after.token)).not.toBeNull()
  })

  test('a renewed session has a new secret, and the old one has ended', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const old = await store.start({
      ...ada,
      organization: 'org_acme',
      device: { label: 'Firefox' },
    })
    const proof = { ...ada, methods: ['pwd', 'otp'], assurance: 'aal2' } as const
    const renewed = await store.renew(old.session.id, proof)
    expect(await store.load(old.token)).toBeNull()
    expect((await store.load(renewed.token))?.session).toMatchObject({
      organization: 'org_acme',
      assurance: 'aal2',
      methods: ['pwd', 'otp'],
      device: { label: 'Firefox' },
    })
  })

  test('every ending is in the log before the call returns', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    await using follower = await stores.follow()
    const { session } = await store.start({ ...ada, organization: 'org_acme' })
    const keys = {
      session: session.id,
      subject: session.subject,
      organization: 'org_acme',
    } as const
    const checkedAt = follower.position
    expect(follower.isStale(keys, checkedAt)).toBe(false)
    const { position } = await store.revoke({ session: session.id }, { cause })
    await follower.catchUp()
    expect(follower.position).toEqual(position)
    expect(follower.isStale(keys, checkedAt)).toBe(true)
  })
})
