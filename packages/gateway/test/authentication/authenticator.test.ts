import { countCommands, eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { member, startAuthentication } from './harness.ts'

const cause = 'test'

describe('warm cache', () => {
  test('a known session is answered at once, without a promise and without Redis', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    await gateway.authenticator.authenticate(token)
    await eventually(async () => {
      expect((await gateway.elsewhere.load(token))?.claims).not.toBeNull()
    })
    await using count = await countCommands(gateway.redis.url)
    for (let i = 0; i < 1_000; i += 1) {
      expect(gateway.authenticator.authenticate(token)).toMatchObject({
        principal: { subject: 'usr_ada' },
      })
    }
    expect((await count.byConnection()).get('test:commands') ?? 0).toBe(0)
  })

  test('requests that come together load a session and its claims once', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => gateway.authenticator.authenticate(token)),
    )
    expect(new Set(answers).size).toBe(1)
    expect(gateway.claims.asked).toBe(1)
  })

  test('an unknown, ended or made-up token is nobody', async () => {
    await using gateway = await startAuthentication()
    const { token, session } = await gateway.signIn()
    await gateway.elsewhere.revoke({ session: session.id }, { cause })
    expect(await gateway.authenticator.authenticate(token)).toBeUndefined()
    expect(await gateway.authenticator.authenticate('x')).toBeUndefined()
  })
})

describe('what is said elsewhere', () => {
  test('a revoked session is refused as soon as the event is applied', async () => {
    await using gateway = await startAuthentication()
    const { token, session } = await gateway.signIn()
    const known = await gateway.authenticator.authenticate(token)
    const { position } = await gateway.elsewhere.revoke({ session: session.id }, { cause })
    await gateway.authenticator.catchUp(position)
    expect(known?.isCurrent()).toBe(false)
    expect(await gateway.authenticator.authenticate(token)).toBeUndefined()
  })

  test('another active organization shows in the next answer', async () => {
    await using gateway = await startAuthentication()
    const memberships = { ...member.memberships, org_globex: { roles: ['owner'], permissions: [] } }
    gateway.claims.set('usr_ada', { ...member, memberships })
    const { token, session } = await gateway.signIn()
    await gateway.authenticator.authenticate(token)
    const position = await gateway.elsewhere.switchOrganization(session.id, 'org_globex')
    await gateway.authenticator.catchUp(position)
    expect((await gateway.authenticator.authenticate(token))?.principal).toMatchObject({
      organization: 'org_globex',
      roles: ['owner'],
    })
  })

  test('a removed member has no organization from the next answer on', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    expect((await gateway.authenticator.authenticate(token))?.principal).toMatchObject({
      organization: 'org_acme',
      permissions: ['profile:read', 'orders:read'],
    })
    gateway.claims.set('usr_ada', { ...member, version: 2, memberships: {} })
    const change = { subject: 'usr_ada', version: 2, id: 'chg_1', cause } as const
    const { position } = await gateway.publisher.publish(change)
    await gateway.authenticator.catchUp(position)
    expect((await gateway.authenticator.authenticate(token))?.principal).toMatchObject({
      organization: null,
      roles: [],
      permissions: ['profile:read'],
      claimsVersion: 2,
    })
  })

  test('an answer of the owner below the announced version is not served', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    const change = { subject: 'usr_ada', version: 9, id: 'chg_1', cause } as const
    await gateway.publisher.publish(change)
    const refused = gateway.authenticator.authenticate(token)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_UNVERIFIABLE' })
    gateway.claims.set('usr_ada', { ...member, version: 9 })
    expect(await gateway.authenticator.authenticate(token)).toBeDefined()
  })
})

describe('loads that race with an event', () => {
  test('a session read before its revocation and answered after it is not let in', async () => {
    const held = Promise.withResolvers<void>()
    let holds = true
    await using gateway = await startAuthentication({
      wrapStore: (store) => ({
        ...store,
        // The reply is on its way while the revocation happens.
        async lookUp(token) {
          const loaded = await store.lookUp(token)
          if (holds) await held.promise
          return loaded
        },
      }),
    })
    const { token, session } = await gateway.signIn()
    const answer = gateway.authenticator.authenticate(token)
    const { position } = await gateway.elsewhere.revoke({ session: session.id }, { cause })
    await gateway.authenticator.catchUp(position)
    holds = false
    held.resolve()
    expect(await answer).toBeUndefined()
  })

  test('claims answered before a change and used after it are asked for again', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    const held = Promise.withResolvers<void>()
    const { load } = gateway.claims
    gateway.claims.load = async function (...asked) {
      const answer = await load.apply(this, asked)
      if (this.asked === 1) await held.promise
      return answer
    }
    const answer = gateway.authenticator.authenticate(token)
    await eventually(() => expect(gateway.claims.asked).toBe(1))
    gateway.claims.set('usr_ada', { ...member, version: 2, memberships: {} })
    const change = { subject: 'usr_ada', version: 2, id: 'chg_1', cause } as const
    const { position } = await gateway.publisher.publish(change)
    await gateway.authenticator.catchUp(position)
    held.resolve()
    expect((await answer)?.principal.organization).toBeNull()
    expect(gateway.claims.asked).toBe(2)
  })
})

describe('when something is away', () => {
  test('without the owner of claims an uncached session is unverifiable, a cached one goes on', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    gateway.claims.fails = true
    const answer = gateway.authenticator.authenticate(token)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_UNVERIFIABLE' })
    gateway.claims.fails = false
    await gateway.authenticator.authenticate(token)
    gateway.claims.fails = true
    expect(gateway.authenticator.authenticate(token)).toMatchObject({ session: { device: {} } })
  })

  test('after Redis restarted without its data everyone is signed out', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    await gateway.authenticator.authenticate(token)
    await gateway.redis.restart()
    await eventually(async () => {
      expect(await gateway.authenticator.authenticate(token)).toBeUndefined()
    })
  })

  test('claims that were cached before are served while their owner is away', async () => {
    await using gateway = await startAuthentication()
    const [first, second] = [await gateway.signIn(), await gateway.signIn()]
    await gateway.authenticator.authenticate(first.token)
    await eventually(async () => {
      expect((await gateway.elsewhere.load(second.token))?.claims).not.toBeNull()
    })
    gateway.claims.fails = true
    expect(await gateway.authenticator.authenticate(second.token)).toBeDefined()
  })

  test('with Redis stopped an uncached session is unverifiable', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    await gateway.redis.stop()
    const answer = gateway.authenticator.authenticate(token)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_UNVERIFIABLE' })
  })
})

describe('contexts', () => {
  test('one is minted for each service and used again', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    const known = await gateway.authenticator.authenticate(token)
    const first = await known?.contextFor('orders')
    expect(known?.contextFor('orders')).toBe(first)
    expect(await known?.contextFor('accounts')).not.toBe(first)
    const verified = await gateway.verifier.verify(first ?? '')
    expect(verified.principal).toEqual(known?.principal)
    expect(verified.position).toEqual(gateway.follower.position)
  })

  test('a service that knows more gets one that was checked at least as late', async () => {
    await using gateway = await startAuthentication()
    const { token } = await gateway.signIn()
    const known = await gateway.authenticator.authenticate(token)
    const first = await known?.contextFor('orders')
    await gateway.elsewhere.revoke({ subject: 'usr_grace' }, { cause })
    await gateway.authenticator.catchUp()
    expect(known?.contextFor('orders')).toBe(first)
    const second = await known?.contextFor('orders', gateway.follower.position)
    const verified = await gateway.verifier.verify(second ?? '')
    expect(verified.position).toEqual(gateway.follower.position)
  })

  test('a stale authentication is not vouched for at a place it was not checked at', async () => {
    await using gateway = await startAuthentication()
    const { token, session } = await gateway.signIn()
    const known = await gateway.authenticator.authenticate(token)
    const { position } = await gateway.elsewhere.revoke({ session: session.id }, { cause })
    await gateway.authenticator.catchUp(position)
    const context = await known?.contextFor('orders', position)
    const verified = await gateway.verifier.verify(context ?? '')
    expect(verified.position.seq).toBeLessThan(position.seq)
  })
})
