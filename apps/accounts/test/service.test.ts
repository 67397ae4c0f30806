import { randomBytes } from 'node:crypto'
import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningAccounts, refusalOf, startRunning } from './running-accounts.ts'

let accounts: RunningAccounts
beforeAll(async () => {
  accounts = await startRunning()
})
afterAll(() => accounts[Symbol.asyncDispose]())

const grace = { email: 'grace@example.com', password: 'portcullis' }

describe('a person', () => {
  it('sees who they are, where they are and what they belong to', async () => {
    const ada = await accounts.as('usr_ada')
    expect(await ada.me.query()).toEqual({
      subject: 'usr_ada',
      email: 'ada@example.com',
      name: 'Ada',
      roles: ['system:admin'],
      organization: 'org_acme',
    })
    expect(await ada.organizations.list.query()).toEqual([
      { id: 'org_acme', name: 'Acme', role: 'owner' },
      { id: 'org_globex', name: 'Globex', role: 'member' },
    ])
  })

  it('who manages members sees them, and nobody else does', async () => {
    const ada = await accounts.as('usr_ada')
    const members = await ada.members.list.query()
    expect(members.map(({ subject, role }) => [subject, role])).toEqual([
      ['usr_ada', 'owner'],
      ['usr_grace', 'member'],
    ])
    const plain = await accounts.as('usr_grace', { roles: ['member'], permissions: [] })
    expect(await refusalOf(plain.members.list.query())).toEqual([403, 'ERR_PERMISSION_REQUIRED'])
    const nowhere = await accounts.as('usr_ada', { organization: null })
    expect(await refusalOf(nowhere.members.list.query())).toEqual([
      403,
      'ERR_ORGANIZATION_REQUIRED',
    ])
  })

  it('is needed: without a session nothing public answers', async () => {
    const { me, organizations, members } = accounts.anonymous
    for (const call of [
      () => me.query(),
      () => organizations.list.query(),
      () => members.list.query(),
      () => members.remove.mutate({ subject: 'usr_ada' }),
    ]) {
      expect(await refusalOf(call())).toEqual([401, 'ERR_SESSION_REQUIRED'])
    }
  })

  it('with a context that claims more than the truth changes nothing', async () => {
    const bold = await accounts.as('usr_grace')
    const promotion = bold.members.setRole.mutate({ subject: 'usr_grace', role: 'owner' })
    expect(await refusalOf(promotion)).toEqual([403, 'ERR_NOT_ALLOWED'])
  })

  it('gets a code for each refusal, and no more than that for bad input', async () => {
    const ada = await accounts.as('usr_ada')
    const { members } = ada
    const unknown = members.add.mutate({ email: 'nobody@example.com', role: 'member' })
    expect(await refusalOf(unknown)).toEqual([404, 'ERR_USER_UNKNOWN'])
    const last = members.remove.mutate({ subject: 'usr_ada' })
    expect(await refusalOf(last)).toEqual([409, 'ERR_LAST_OWNER'])
    const role: string = 'system:admin'
    const raised = members.setRole.mutate({ subject: 'usr_ada', role: role as 'owner' })
    expect(await refusalOf(raised)).toEqual([400, 'BAD_REQUEST'])
  })
})

describe('a change of members', () => {
  it('is in the log before its mutation returns, once for each change', async () => {
    const ada = await accounts.as('usr_ada')
    const before = accounts.events.length
    const added = await ada.members.add.mutate({ email: 'linus@example.com', role: 'member' })
    const raised = await ada.members.setRole.mutate({ subject: 'usr_linus', role: 'admin' })
    const removed = await ada.members.remove.mutate({ subject: 'usr_linus' })
    expect([added, raised, removed]).toMatchObject([
      { subject: 'usr_linus', version: 2, propagated: 'enforced' },
      { subject: 'usr_linus', version: 3, propagated: 'enforced' },
      { subject: 'usr_linus', version: 4, propagated: 'enforced' },
    ])
    await eventually(() =>
      expect(accounts.events.slice(before)).toMatchObject(
        ['member.added', 'member.role-changed', 'member.removed'].map((cause) => ({
          kind: 'claims.changed',
          subject: 'usr_linus',
          cause,
        })),
      ),
    )
  })
})

describe('internal procedures', () => {
  it('verify a password, and do not tell an unknown person from a wrong password', async () => {
    const gateway = await accounts.by('gateway')
    const verify = gateway.internal.verifyPassword
    expect(await verify.mutate(grace)).toEqual({
      subject: 'usr_grace',
      methods: ['pwd'],
      assurance: 'aal1',
      organization: 'org_acme',
    })
    expect(await verify.mutate({ ...grace, password: 'wrong' })).toBeNull()
    expect(await verify.mutate({ ...grace, email: 'nobody@example.com' })).toBeNull()
    const oversized = verify.mutate({ ...grace, password: 'x'.repeat(257) })
    expect(await refusalOf(oversized)).toEqual([400, 'BAD_REQUEST'])
  })

  it('answer with claims, or refuse if those are older than what is believed', async () => {
    const gateway = await accounts.by('gateway')
    const { claims } = gateway.internal
    expect(await claims.query({ subject: 'usr_grace', atLeast: 0 })).toEqual({
      version: 1,
      roles: [],
      permissions: [],
      memberships: { org_acme: { roles: ['member'], permissions: [] } },
      custom: { plan: 'free' },
      definition: 1,
      suspended: false,
    })
    expect(await claims.query({ subject: 'usr_nobody', atLeast: 7 })).toBeNull()
    const behind = claims.query({ subject: 'usr_grace', atLeast: 7 })
    expect(await refusalOf(behind)).toEqual([503, 'ERR_CLAIMS_BEHIND'])
  })

  it('are refused without an assertion, with a stranger’s, and to the wrong service', async () => {
    const calls = (client: typeof accounts.anonymous) => [
      () => client.internal.verifyPassword.mutate(grace),
      () => client.internal.claims.query({ subject: 'usr_grace', atLeast: 0 }),
      () => client.internal.publishOutbox.mutate({ limit: 1 }),
    ]
    for (const call of calls(accounts.anonymous)) {
      expect(await refusalOf(call())).toEqual([403, 'ERR_CALLER_REQUIRED'])
    }
    for (const call of calls(await accounts.as('usr_ada'))) {
      expect(await refusalOf(call())).toEqual([403, 'ERR_CALLER_REQUIRED'])
    }
    for (const call of calls(await accounts.by('stranger'))) {
      expect(await refusalOf(call())).toEqual([401, 'ERR_ASSERTION_INVALID'])
    }
    const [verify, claims] = calls(await accounts.by('worker'))
    for (const call of [verify, claims]) {
      expect(call && (await refusalOf(call()))).toEqual([403, 'ERR_CALLER_REQUIRED'])
    }
    const gateway = await accounts.by('gateway')
    const publish = gateway.internal.publishOutbox.mutate({ limit: 1 })
    expect(await refusalOf(publish)).toEqual([403, 'ERR_CALLER_REQUIRED'])
  })
})

describe('a process', () => {
  it('does not start with another pepper than the installation’s', async () => {
    const other = accounts.start({ pepper: randomBytes(32).toString('base64url') })
    await expect(other).rejects.toMatchObject({ code: 'ERR_PEPPER_MISMATCH' })
  })

  it('does not start without a database, and says why', async () => {
    const start = accounts.start({ databaseUrl: 'postgres://postgres@127.0.0.1:1/postgres' })
    await expect(start).rejects.toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE' })
  })
})
