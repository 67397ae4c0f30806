import type { OrganizationRules, SessionStore } from '@portcullis/sessions'
import { countCommands, eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import type { Authentication } from '../../src/authenticator.ts'
import { createCountingRules, member, startAuthentication } from './harness.ts'

const cause = 'role.edited'
const organization = 'org_acme'
const people = ['usr_ada', 'usr_grace', 'usr_linus'] as const

/** A gateway whose owner of claims has rules: what a `member` may do stands there. */
async function startWithRules() {
  const claims = createCountingRules()
  const loads = { sessions: 0 }
  const gateway = await startAuthentication({ claims, wrapStore: counting(loads) })
  const memberships = { [organization]: { roles: ['member'], permissions: [] } }
  for (const subject of people) claims.set(subject, { ...member, memberships })
  const change = async (rules: OrganizationRules) => {
    claims.setRules(organization, rules)
    const { version } = rules
    return gateway.publisher.publish({ organization, version, id: `chg_${version}`, cause })
  }
  await change({ version: 1, roles: { member: ['orders:read'] } })
  return { ...gateway, claims, loads, change }
}

function counting(loads: { sessions: number }) {
  return (store: SessionStore): SessionStore => ({
    ...store,
    lookUp(token) {
      loads.sessions += 1
      return store.lookUp(token)
    },
  })
}

function permissionsOf(authentication: Authentication | undefined) {
  return authentication?.principal.permissions
}

describe('a changed role', () => {
  test('reaches every member by one event and one question, and no session is loaded for it', async () => {
    await using gateway = await startWithRules()
    const sessions = await Promise.all(people.map((subject) => gateway.signIn(subject)))
    for (const { token } of sessions) {
      const before = permissionsOf(await gateway.authenticator.authenticate(token))
      expect(before).toEqual(['profile:read', 'orders:read'])
    }
    gateway.loads.sessions = 0
    gateway.claims.asked = 0
    gateway.claims.askedForRules = 0

    const { position } = await gateway.change({
      version: 2,
      roles: { member: ['orders:read', 'orders:write'] },
    })
    await gateway.authenticator.catchUp(position)
    const [first, ...others] = sessions
    const after = permissionsOf(await gateway.authenticator.authenticate(first?.token ?? ''))
    expect(after).toEqual(['profile:read', 'orders:read', 'orders:write'])
    await using count = await countCommands(gateway.redis.url)
    for (const { token } of others) {
      // No promise: the rules are at hand by now.
      expect(gateway.authenticator.authenticate(token)).toMatchObject({
        principal: { permissions: ['profile:read', 'orders:read', 'orders:write'] },
      })
    }
    expect((await count.byConnection()).get('test:commands') ?? 0).toBe(0)
    expect(gateway.claims).toMatchObject({ asked: 0, askedForRules: 1 })
    expect(gateway.loads.sessions).toBe(0)
  })

  test('never goes back, however many requests come while it is made', async () => {
    await using gateway = await startWithRules()
    const sessions = await Promise.all(people.map((subject) => gateway.signIn(subject)))
    let enforced = 1
    const violations: string[] = []
    const ask = async (token: string) => {
      const atLeast = enforced
      const permissions = permissionsOf(await gateway.authenticator.authenticate(token)) ?? []
      const seen = Number(permissions.find((name) => name.startsWith('v:'))?.slice(2) ?? 1)
      if (seen < atLeast) violations.push(`${seen} after ${atLeast}`)
    }
    for (let version = 2; version <= 11; version += 1) {
      const asking = Array.from({ length: 50 }, (_, i) => ask(sessions[i % 3]?.token ?? ''))
      const { position } = await gateway.change({ version, roles: { member: [`v:${version}`] } })
      await gateway.authenticator.catchUp(position)
      enforced = version
      await Promise.all(asking)
    }
    await Promise.all(sessions.map(({ token }) => ask(token)))
    expect(violations).toEqual([])
  })

  test('is known to another gateway without asking the owner again', async () => {
    await using gateway = await startWithRules()
    const { token } = await gateway.signIn()
    await gateway.authenticator.authenticate(token)
    await eventually(async () => {
      expect((await gateway.elsewhere.loadRules(organization)).rules).toMatchObject({ version: 1 })
    })
  })
})

describe('rules that were announced', () => {
  test('are not replaced by older ones, whoever answers with them', async () => {
    await using gateway = await startWithRules()
    const { token } = await gateway.signIn()
    await gateway.authenticator.authenticate(token)
    const change = { organization, version: 7, id: 'chg_ahead', cause } as const
    const { position } = await gateway.publisher.publish(change)
    await gateway.authenticator.catchUp(position)
    const refused = gateway.authenticator.authenticate(token)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_UNVERIFIABLE' })
    const { point } = await gateway.elsewhere.loadRules(organization)
    const stale = { version: 6, roles: {} }
    expect(await gateway.elsewhere.storeRules(organization, stale, point)).toBe(false)
  })

  test('that cannot be asked for keep only members of that organization waiting', async () => {
    await using gateway = await startWithRules()
    const { token } = await gateway.signIn()
    gateway.claims.fails = true
    const refused = gateway.authenticator.authenticate(token)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_UNVERIFIABLE' })
    gateway.claims.fails = false
    expect(await gateway.authenticator.authenticate(token)).toBeDefined()
  })
})

describe('suspended', () => {
  test('nobody is active in an organization until it is restored', async () => {
    await using gateway = await startWithRules()
    const { token } = await gateway.signIn()
    const roles = { member: ['orders:read'] }
    const suspended = await gateway.change({ version: 2, roles, suspended: true })
    await gateway.authenticator.catchUp(suspended.position)
    expect((await gateway.authenticator.authenticate(token))?.principal).toMatchObject({
      organization: null,
      roles: [],
      permissions: ['profile:read'],
    })
    const restored = await gateway.change({ version: 3, roles })
    await gateway.authenticator.catchUp(restored.position)
    expect((await gateway.authenticator.authenticate(token))?.principal).toMatchObject({
      organization,
      permissions: ['profile:read', 'orders:read'],
    })
  })

  test('a person is refused, and goes on in the same session once restored', async () => {
    await using gateway = await startWithRules()
    const { token } = await gateway.signIn()
    await gateway.authenticator.authenticate(token)
    const subject = 'usr_ada'
    gateway.claims.set(subject, { ...member, version: 2, suspended: true })
    const suspended = await gateway.publisher.publish({ subject, version: 2, id: 'chg_s', cause })
    await gateway.authenticator.catchUp(suspended.position)
    const refused = gateway.authenticator.authenticate(token)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_SUBJECT_SUSPENDED' })
    gateway.claims.set(subject, { ...member, version: 3 })
    const restored = await gateway.publisher.publish({ subject, version: 3, id: 'chg_r', cause })
    await gateway.authenticator.catchUp(restored.position)
    expect(await gateway.authenticator.authenticate(token)).toBeDefined()
  })
})
