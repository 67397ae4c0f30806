import type { LogEvent } from '@portcullis/revocation'
import { describe, expect, test } from 'vitest'
import { startStores } from './harness.ts'

const ada = { subject: 'usr_ada', methods: ['pwd'] } as const
const lost = { nonce: 'lost', previousNonce: 'before', cause: 'test' } as const

describe('re-asserting events that a failover lost', () => {
  test('a lost revocation of a session ends it again', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token, session } = await store.start(ada)
    const event = { ...lost, position: { epoch: 1, seq: 1 }, kind: 'session.revoked' } as const
    await store.repair([{ ...event, session: session.id }])
    expect(await store.load(token)).toBeNull()
  })

  test('a lost revocation of a subject ends what began before it and spares what began later', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    await using follower = await stores.follow()
    const before = await store.start(ada)
    for (let i = 0; i < 3; i += 1) await store.revoke({ subject: `usr_${i}` }, { cause: 'test' })
    const later = await store.start(ada)
    await follower.catchUp()
    const position = { ...follower.position, seq: 2 }
    await store.repair([{ ...lost, position, kind: 'subject.revoked', subject: 'usr_ada' }])
    expect(await store.load(before.token)).toBeNull()
    expect(await store.load(later.token)).not.toBeNull()
  })

  test('a lost change of organization leaves the session without one', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token, session } = await store.start({ ...ada, organization: 'org_acme' })
    const event = { ...lost, position: { epoch: 1, seq: 1 }, kind: 'session.changed' } as const
    await store.repair([{ ...event, session: session.id }])
    expect((await store.load(token))?.session.organization).toBeNull()
  })

  test('a lost revocation of an organization or of everyone ends what began before it', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const inAcme = await store.start({ ...ada, organization: 'org_acme' })
    const other = await store.start(ada)
    const position = { epoch: 1, seq: 1 }
    const organization = 'org_acme' as const
    await store.repair([{ ...lost, position, kind: 'organization.revoked', organization }])
    expect(await store.load(inAcme.token)).toBeNull()
    expect(await store.load(other.token)).not.toBeNull()
    await store.repair([{ ...lost, position, kind: 'everyone.revoked' }])
    expect(await store.load(other.token)).toBeNull()
  })

  test('an event that the log still has changes nothing, however often it is re-asserted', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    await using follower = await stores.follow()
    const events: LogEvent[] = []
    follower.onEvent((event) => events.push(event))
    const { session } = await store.start(ada)
    await store.revoke({ session: session.id }, { cause: 'test' })
    await store.revoke({ everyone: true }, { cause: 'test' })
    await follower.catchUp()
    const { position } = follower
    await store.repair(events)
    await follower.catchUp()
    expect(events).toHaveLength(2)
    expect(follower.position).toEqual(position)
  })

  test('a re-asserted change of rules ends no session', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    const { token } = await store.start({ ...ada, organization: 'org_acme' })
    const position = { epoch: 1, seq: 900 }
    const organization = 'org_acme'
    const event = { ...lost, position, kind: 'organization.changed', organization } as const
    await store.repair([event])
    expect(await store.load(token)).not.toBeNull()
  })

  test('every re-asserted event is in the log', async () => {
    await using stores = await startStores()
    await using store = await stores.open()
    await using follower = await stores.follow()
    const { session } = await store.start(ada)
    const at = (seq: number) => ({ ...lost, position: { epoch: 1, seq } })
    await store.repair([
      { ...at(1), kind: 'session.revoked', session: session.id },
      { ...at(2), kind: 'claims.changed', subject: 'usr_ada' },
      { ...at(3), kind: 'organization.revoked', organization: 'org_acme' },
      { ...at(4), kind: 'organization.changed', organization: 'org_acme' },
    ])
    await follower.catchUp()
    expect(follower.position.seq).toBe(4)
  })
})
