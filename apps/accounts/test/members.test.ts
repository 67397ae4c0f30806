import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadClaims } from '../src/claims/load-claims.ts'
import type { MemberChanges } from '../src/members/change-member.ts'
import { listMembers } from '../src/members/list-members.ts'
import {
  ADA,
  GRACE,
  LINUS,
  openChanges,
  RecordingPublisher,
  type SeededAccounts,
  startSeeded,
} from './accounts-fixture.ts'

let accounts: SeededAccounts
let members: MemberChanges
beforeAll(async () => {
  accounts = await startSeeded()
  members = openChanges(accounts.database, { publisher: new RecordingPublisher() }).members
})
afterAll(() => accounts[Symbol.asyncDispose]())

const claimsOf = (subject: `usr_${string}`) =>
  loadClaims(accounts.database, { subject, atLeast: 0 })

describe('changing members', () => {
  it('each change is in the claims under a version one higher', async () => {
    const before = await claimsOf(LINUS)
    expect(before?.memberships).not.toHaveProperty('org_acme')

    const added = await members.add(ADA, { email: ' Linus@Example.com ', role: 'member' })
    expect(added).toEqual({
      subject: LINUS,
      version: (before?.version ?? 0) + 1,
      propagated: 'enforced',
      atLeast: '1.1',
    })
    const raised = await members.setRole(ADA, { subject: LINUS, role: 'admin' })
    expect(await claimsOf(LINUS)).toMatchObject({
      version: raised.version,
      memberships: { org_acme: { roles: ['admin'], permissions: [] } },
    })
    const removed = await members.remove(ADA, { subject: LINUS })
    const after = await claimsOf(LINUS)
    expect(after?.version).toBe(removed.version)
    expect(after?.memberships).not.toHaveProperty('org_acme')
    expect(removed.version).toBe(raised.version + 1)
  })

  it('a change that changes nothing raises no version', async () => {
    const before = await claimsOf(GRACE)
    const same = await members.setRole(ADA, { subject: GRACE, role: 'member' })
    expect(same.version).toBe(before?.version)
  })

  it('a change that fails half way leaves neither version nor outbox row', async () => {
    const before = await claimsOf('usr_ada')
    await expect(members.remove(ADA, { subject: 'usr_ada' })).rejects.toMatchObject({
      code: 'ERR_LAST_OWNER',
    })
    expect(await claimsOf('usr_ada')).toEqual(before)
  })

  it('unknown people and members have codes of their own, for those who may manage', async () => {
    const add = members.add(ADA, { email: 'nobody@example.com', role: 'member' })
    await expect(add).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' })
    const twice = members.add(ADA, { email: 'grace@example.com', role: 'member' })
    await expect(twice).rejects.toMatchObject({ code: 'ERR_MEMBER_EXISTS' })
    const stranger = members.remove(ADA, { subject: LINUS })
    await expect(stranger).rejects.toMatchObject({ code: 'ERR_MEMBER_UNKNOWN' })
  })

  it('whoever may not manage learns nothing and changes nothing, whatever their context says', async () => {
    for (const actor of [GRACE, LINUS, 'usr_nobody'] as const) {
      const manager = { organization: 'org_acme', actor } as const
      for (const email of ['nobody@example.com', 'ada@example.com']) {
        await expect(members.add(manager, { email, role: 'member' })).rejects.toMatchObject({
          code: 'ERR_NOT_ALLOWED',
        })
      }
    }
  })

  it('an admin makes no owner and unmakes none', async () => {
    await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    const grace = { organization: 'org_acme', actor: GRACE } as const
    for (const change of [
      () => members.setRole(grace, { subject: GRACE, role: 'owner' }),
      () => members.setRole(grace, { subject: 'usr_ada', role: 'member' }),
      () => members.remove(grace, { subject: 'usr_ada' }),
      () => members.add(grace, { email: 'linus@example.com', role: 'owner' }),
    ]) {
      await expect(change()).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' })
    }
    await members.setRole(ADA, { subject: GRACE, role: 'member' })
  })

  it('two owners who remove each other at once leave one', async () => {
    await members.setRole(ADA, { subject: GRACE, role: 'owner' })
    const grace = { organization: 'org_acme', actor: GRACE } as const
    const results = await Promise.allSettled([
      members.remove(ADA, { subject: GRACE }),
      members.remove(grace, { subject: 'usr_ada' }),
    ])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const left = await listMembers(accounts.database, 'org_acme')
    expect(left.filter(({ role }) => role === 'owner')).toHaveLength(1)
  })
})

describe('claims', () => {
  it('hold installation roles apart from those of organizations', async () => {
    expect(await claimsOf('usr_ada')).toMatchObject({
      roles: ['system:admin'],
      permissions: ['accounts:manage', 'sessions:list', 'sessions:revoke'],
      memberships: { org_globex: { roles: ['member'], permissions: [] } },
      custom: { plan: 'free' },
      definition: 1,
      suspended: false,
    })
  })

  it('of an unknown subject are null', async () => {
    expect(await claimsOf('usr_nobody')).toBeNull()
  })

  it('older than what was published are refused: the database lost a change', async () => {
    const load = loadClaims(accounts.database, { subject: LINUS, atLeast: 1_000 })
    await expect(load).rejects.toMatchObject({ code: 'ERR_CLAIMS_BEHIND' })
  })
})
