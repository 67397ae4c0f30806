import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadClaims } from '../src/claims/load-claims.ts'
import { loadRules } from '../src/claims/load-rules.ts'
import { verifyPassword } from '../src/passwords/verify-password.ts'
import {
  ADA,
  GRACE,
  openChanges,
  RecordingPublisher,
  type SeededAccounts,
  startSeeded,
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
const claimsOf = (subject: typeof GRACE) => loadClaims(accounts.database, { subject, atLeast: 0 })
const causes = () => publisher.announced.map(({ cause }) => cause)
const signIn = () =>
  verifyPassword(accounts, { email: 'grace@example.com', password: 'portcullis' })

describe('a person', () => {
  it('who is suspended is refused a sign-in and marked in the claims, until restored', async () => {
    await changes.people.suspend(GRACE)
    await changes.people.suspend(GRACE)
    expect([await signIn(), (await claimsOf(GRACE))?.suspended]).toEqual([null, true])
    await changes.people.restore(GRACE)
    await changes.people.restore(GRACE)
    expect(await signIn()).toMatchObject({ subject: GRACE })
    expect(await claimsOf(GRACE)).toMatchObject({ version: 3, suspended: false })
    expect(causes()).toEqual(['user.suspended', 'user.restored'])
  })

  it('who is deleted is nobody, and that is announced', async () => {
    const { version } = await changes.people.remove(GRACE)
    expect([await claimsOf(GRACE), await signIn()]).toEqual([null, null])
    expect(publisher.announced).toMatchObject([{ subject: GRACE, version, cause: 'user.deleted' }])
    const again = changes.people.remove(GRACE)
    await expect(again).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' })
  })

  it('who is the last owner of an organization cannot be deleted', async () => {
    const last = changes.people.remove(ADA.actor)
    await expect(last).rejects.toMatchObject({ code: 'ERR_LAST_OWNER' })
    expect(await claimsOf(ADA.actor)).not.toBeNull()
  })
})

describe('a claim', () => {
  it('is set, and back at its default, each a version', async () => {
    const { people } = changes
    await people.setClaim(GRACE, { name: 'plan', value: 'team' })
    await people.setClaim(GRACE, { name: 'plan', value: 'team' })
    expect(await claimsOf(GRACE)).toMatchObject({ version: 2, custom: { plan: 'team' } })
    await people.setClaim(GRACE, { name: 'plan', value: null })
    expect(await claimsOf(GRACE)).toMatchObject({ version: 3, custom: { plan: 'free' } })
    expect(causes()).toEqual(['claim.changed', 'claim.changed'])
  })

  it('that is not declared, or a value it does not take, changes nothing', async () => {
    for (const claim of [
      { name: 'plan', value: 'gold' },
      { name: 'shoe-size', value: 44 },
    ]) {
      const change = changes.people.setClaim(GRACE, claim)
      await expect(change).rejects.toMatchObject({ code: 'ERR_CLAIM_INVALID' })
    }
    expect(await claimsOf(GRACE)).toMatchObject({ version: 1, custom: { plan: 'free' } })
  })
})

describe('an organization', () => {
  it('that is suspended is so in its rules, and nobody changes anything in it', async () => {
    await changes.organizations.suspend(organization)
    await changes.organizations.suspend(organization)
    const rules = () => loadRules(accounts.database, { organization, atLeast: 0 })
    expect(await rules()).toMatchObject({ version: 2, suspended: true })
    const change = changes.members.remove(ADA, { subject: GRACE })
    await expect(change).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' })
    await changes.organizations.restore(organization)
    expect(await rules()).toMatchObject({ version: 3, suspended: false })
    expect(causes()).toEqual(['organization.suspended', 'organization.restored'])
    const unknown = changes.organizations.suspend('org_nowhere')
    await expect(unknown).rejects.toMatchObject({ code: 'ERR_ORGANIZATION_UNKNOWN' })
  })
})
