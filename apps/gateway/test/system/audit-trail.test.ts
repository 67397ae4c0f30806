import { eventually, findFreePort } from '@portcullis/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { type Client, type Person, signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'
import { CAEP, ISSUER, startPartner, tellingOf } from './partner.ts'

let installation: Installation
let gateway: AppProcess
let partner: Awaited<ReturnType<typeof startPartner>>

beforeAll(async () => {
  installation = await startInstallation({ leaseMs: 1_000 })
  const { start } = installation
  const workerPort = await findFreePort()
  const operationsPort = await findFreePort()
  const accounts = await start('accounts')
  const addresses = { accountsUrl: accounts.url, operationsPort }
  const auditUrl = `http://127.0.0.1:${workerPort}`
  gateway = await start('gateway', { ...addresses, auditUrl })
  const calling = { ...addresses, gatewayUrl: gateway.url, keepsTrail: true }
  const keysPort = await findFreePort()
  partner = await startPartner(keysPort)
  const telling = await tellingOf(partner, keysPort)
  await start('worker', calling, { PORT: String(workerPort), ...telling })
}, 90_000)
afterAll(async () => {
  await installation?.[Symbol.asyncDispose]()
  await partner?.[Symbol.asyncDispose]()
})

const WAIT = { timeoutMs: 30_000 }
const on = async (person: Person) => (await signIn(gateway, person)).client

type Query = Parameters<Client['admin']['audit']['query']>[0]

/** Entries of the trail once there are so many, each with a receipt. */
const trailOf = (client: Client, query: Query, count: number) =>
  eventually(async () => {
    const { entries } = await client.admin.audit.query(query)
    expect(entries.map(({ receipt }) => receipt?.level)).toEqual(Array(count).fill('enforced'))
    return entries
  }, WAIT)

test('what an administrator changes and ends is in the trail: who, what, when, why and the receipt', async () => {
  const ada = await on('ada')
  await on('linus')
  const before = Date.now()
  const role = { subject: 'usr_grace', role: 'admin' } as const
  await ada.accounts.members.setRole.mutate(role)
  const { receipt } = await ada.admin.revokeSubject.mutate({ subject: 'usr_linus' })

  const [changed] = await trailOf(ada, { subject: 'usr_grace' }, 1)
  expect(changed).toMatchObject({
    actor: 'usr_ada',
    kind: 'claims.changed',
    cause: 'member.role-changed',
    subject: 'usr_grace',
  })
  expect(Date.parse(changed?.at ?? '')).toBeGreaterThan(before - 5_000)
  const services = changed?.receipt?.instances.map(({ service }) => service)
  expect(services).toEqual(expect.arrayContaining(['accounts', 'gateway']))

  const [ended] = await trailOf(ada, { change: receipt.id }, 1)
  expect(ended).toMatchObject({ actor: 'usr_ada', cause: 'revoked-by-administrator' })
  // The log names the session or the person; whoever looks for the person finds both.
  expect((await trailOf(ada, { subject: 'usr_linus' }, 1))[0]?.event).toBe(ended?.event)
})

test('what somebody does to their own sessions, organization and rights is theirs', async () => {
  const ada = await on('ada')
  const linus = await on('linus')
  await linus.session.switchOrganization.mutate({ organization: null })
  const { receipt } = await linus.session.signOut.mutate()
  const own = await trailOf(ada, { actor: 'usr_linus', subject: 'usr_linus' }, 2)
  expect(own.map(({ cause }) => cause)).toEqual(['sign-out', 'organization-switched'])
  expect(own[0]).toMatchObject({ change: receipt?.id, subject: 'usr_linus' })
})

test('an organization that is suspended and a bulk revocation carry who asked for them', async () => {
  const ada = await on('ada')
  await ada.accounts.administration.suspendOrganization.mutate({ organization: 'org_globex' })
  await ada.accounts.administration.restoreOrganization.mutate({ organization: 'org_globex' })
  const changes = await trailOf(ada, { organization: 'org_globex', actor: 'usr_ada' }, 2)
  expect(changes.map(({ cause }) => cause)).toEqual([
    'organization.restored',
    'organization.suspended',
  ])

  await on('grace')
  const target = { selectors: [{ subject: 'usr_grace' }] as [{ subject: 'usr_grace' }] }
  const bulk = { id: 'bulk', target, reason: 'contract-ended' }
  await eventually(() => ada.operations.revocations.add.mutate(bulk), WAIT)
  const [step] = await trailOf(ada, { change: 'bulk.0' }, 1)
  expect(step).toMatchObject({ actor: 'usr_ada', cause: 'contract-ended' })
}, 60_000)

test('only administrators read it, and nobody signs with the name of another', async () => {
  const [ada, linus] = [await on('ada'), await on('linus')]
  await expect(linus.admin.audit.query({})).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } })
  const forged = { selector: { subject: 'usr_linus' }, actor: 'usr_grace' } as const
  await expect(ada.admin.revoke.mutate(forged)).rejects.toMatchObject({
    data: { code: 'BAD_REQUEST' },
  })
})

test('a partner hears that a password was changed and that somebody signed out, in tokens that it can verify', async () => {
  const linus = await on('linus')
  const passwords = { password: 'portcullis', newPassword: 'a long new password' }
  await linus.session.changePassword.mutate(passwords)
  const [own] = await linus.session.list.query()
  await linus.session.signOut.mutate()

  const user = { format: 'iss_sub', iss: ISSUER, sub: 'usr_linus' }
  const signedOut = { initiating_entity: 'user', reason_admin: { en: 'sign-out' } }
  await eventually(() => {
    expect(partner.told.at(-1)).toMatchObject({
      sub_id: { format: 'complex', session: { format: 'opaque', id: own?.id }, user },
      events: { [`${CAEP}session-revoked`]: signedOut },
    })
  }, WAIT)
  const changed = { credential_type: 'password', change_type: 'update' }
  expect(partner.told).toContainEqual(
    expect.objectContaining({
      sub_id: user,
      events: { [`${CAEP}credential-change`]: expect.objectContaining(changed) },
    }),
  )
})
