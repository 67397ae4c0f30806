import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadClaims } from '../src/claims/load-claims.ts'
import { loadRules } from '../src/claims/load-rules.ts'
import { MAX_ROLES } from '../src/roles/change-role.ts'
import {
  ADA,
  GRACE,
  openChanges,
  RecordingPublisher,
  type SeededAccounts,
  startSeeded,
  ThrowingPublisher,
} from './accounts-fixture.ts'

let accounts: SeededAccounts
let publisher: RecordingPublisher
let changes: ReturnType<typeof openChanges>
beforeAll(async () => {
  accounts = await startSeeded()
})
beforeEach(async () => {
  await accounts.reset()
  publisher = new RecordingPublisher()
  changes = openChanges(accounts.database, { publisher })
})
afterAll(() => accounts[Symbol.asyncDispose]())

const { organization } = ADA
const grace = { organization, actor: GRACE } as const
const rules = () => loadRules(accounts.database, { organization, atLeast: 0 })
const claimsOf = (subject: typeof GRACE) => loadClaims(accounts.database, { subject, atLeast: 0 })

describe('a role', () => {
  it('is edited for all who have it by one version and one event, and theirs stay as they are', async () => {
    const before = await claimsOf(GRACE)
    const edited = await changes.roles.define(ADA, { name: 'member', permissions: ['orders:read'] })
    expect(edited).toEqual({ organization, version: 2, propagated: 'enforced', atLeast: '1.1' })
    expect(await rules()).toMatchObject({ version: 2, roles: { member: ['orders:read'] } })
    expect(publisher.announced).toMatchObject([{ organization, version: 2, cause: 'role.edited' }])
    expect(await claimsOf(GRACE)).toEqual(before)
  })

  it('that is defined can be given, and only removed when nobody has it', async () => {
    const { members, roles } = changes
    const unknown = members.setRole(ADA, { subject: GRACE, role: 'auditor' })
    await expect(unknown).rejects.toMatchObject({ code: 'ERR_ROLE_UNKNOWN' })
    await roles.define(ADA, { name: 'auditor', permissions: ['orders:read'] })
    await members.setRole(ADA, { subject: GRACE, role: 'auditor' })
    expect((await claimsOf(GRACE))?.memberships[organization]?.roles).toEqual(['auditor'])
    const held = roles.remove(ADA, { name: 'auditor' })
    await expect(held).rejects.toMatchObject({ code: 'ERR_ROLE_HELD' })
    await members.setRole(ADA, { subject: GRACE, role: 'member' })
    await roles.remove(ADA, { name: 'auditor' })
    expect((await rules())?.roles).not.toHaveProperty('auditor')
    const gone = roles.remove(ADA, { name: 'auditor' })
    await expect(gone).rejects.toMatchObject({ code: 'ERR_ROLE_UNKNOWN' })
  })

  it('that is defined as it is raises no version', async () => {
    const { members: _, roles } = changes
    const permissions = ['orders:write', 'orders:read'] as const
    const same = await roles.define(ADA, { name: 'member', permissions: [...permissions] })
    expect([same.version, publisher.announced]).toEqual([1, []])
  })

  it('of owners is what it is', async () => {
    const lesser = changes.roles.define(ADA, { name: 'owner', permissions: [] })
    await expect(lesser).rejects.toMatchObject({ code: 'ERR_ROLE_FIXED' })
    const gone = changes.roles.remove(ADA, { name: 'owner' })
    await expect(gone).rejects.toMatchObject({ code: 'ERR_ROLE_FIXED' })
  })

  it('hands out nothing that its maker does not have', async () => {
    const { members, roles } = changes
    await roles.define(ADA, { name: 'architect', permissions: ['roles:manage', 'orders:read'] })
    await members.setRole(ADA, { subject: GRACE, role: 'architect' })
    for (const [name, permissions] of [
      ['member', ['members:manage']],
      ['architect', ['roles:manage', 'orders:read', 'orders:write']],
      // Taking it from those who have it is not hers to decide either.
      ['admin', ['orders:read']],
    ] as const) {
      const change = roles.define(grace, { name, permissions: [...permissions] })
      await expect(change).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' })
    }
    await roles.define(grace, { name: 'reader', permissions: ['orders:read'] })
    const assigned = members.setRole(grace, { subject: GRACE, role: 'reader' })
    await expect(assigned).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' })
  })

  it('is not one too many', async () => {
    for (let n = 3; n < MAX_ROLES; n += 1) {
      await changes.roles.define(ADA, { name: `role-${n}`, permissions: [] })
    }
    const full = changes.roles.define(ADA, { name: 'last', permissions: [] })
    await expect(full).rejects.toMatchObject({ code: 'ERR_ROLES_FULL' })
  })
})

describe('a grant', () => {
  it('is in the claims beside what the role permits, and nothing more than its giver has', async () => {
    const { members } = changes
    await members.setGrants(ADA, { subject: GRACE, permissions: ['members:manage'] })
    expect((await claimsOf(GRACE))?.memberships[organization]).toEqual({
      roles: ['member'],
      permissions: ['members:manage'],
    })
    const raise = members.setGrants(grace, { subject: GRACE, permissions: ['roles:manage'] })
    await expect(raise).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' })
    await members.setGrants(ADA, { subject: GRACE, permissions: [] })
    const { permissions } = (await claimsOf(GRACE))?.memberships[organization] ?? {}
    expect(permissions).toEqual([])
  })
})

describe('conflicting changes of one organization at once', () => {
  it('end in one order: versions are taken and announced one after the other', async () => {
    const permissions = ['orders:read', 'orders:write'] as const
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        changes.roles.define(ADA, {
          name: 'member',
          permissions: permissions.slice(0, (n % 2) + 1),
        }),
      ),
    )
    const last = Math.max(...made.map(({ version }) => version))
    const versions = publisher.announced.map(({ version }) => version)
    expect(versions).toEqual(Array.from({ length: last - 1 }, (_, n) => n + 2))
    expect((await rules())?.version).toBe(last)
  })
})

describe('rules', () => {
  it('of an unknown organization are null, and older than what was published refused', async () => {
    const unknown = { organization: 'org_nowhere', atLeast: 9 } as const
    expect(await loadRules(accounts.database, unknown)).toBeNull()
    const load = loadRules(accounts.database, { organization, atLeast: 9 })
    await expect(load).rejects.toMatchObject({ code: 'ERR_CLAIMS_BEHIND' })
  })

  it('that could not be announced are by the replay', async () => {
    const away = openChanges(accounts.database, { publisher: new ThrowingPublisher() })
    const edit = { name: 'member', permissions: [] }
    expect(await away.roles.define(ADA, edit)).toMatchObject({ propagated: 'indeterminate' })
    expect(await changes.outbox.replay({ limit: 10 })).toEqual({ published: 1, remaining: 0 })
    expect(publisher.announced).toMatchObject([{ organization, version: 2 }])
  })
})
