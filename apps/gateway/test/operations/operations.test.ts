import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Constellation, startConstellation } from '../constellation.ts'
import { type Device, type Person, signIn } from '../system/devices.ts'

const WAIT = { timeoutMs: 40_000 }
const reason = 'contract-ended'

let installation: Constellation
beforeAll(async () => {
  installation = await startConstellation({ worker: 1, operations: true })
}, 90_000)
afterAll(() => installation?.[Symbol.asyncDispose]())

function gateway() {
  const [first] = installation.gateways
  if (!first) throw new Error('there is no gateway')
  return first
}

const on = (person: Person) => signIn(gateway(), person)

/** Once the gateway has found that the worker serves. */
async function administrator() {
  const { client } = await on('ada')
  const { revocations, deadLetters } = client.operations
  await eventually(() => revocations.list.query({}), WAIT)
  return { revocations, deadLetters }
}

type Administrator = Awaited<ReturnType<typeof administrator>>

const ended = ({ revocations }: Administrator, id: string) =>
  eventually(async () => {
    const found = await revocations.get.query({ id })
    expect(found.state).toBe('completed')
    return found
  }, WAIT)

const isSignedIn = async ({ client }: Device) => (await client.session.me.query()) !== null
const subject = (name: string) => ({ subject: `usr_${name}` }) as const

describe('an administrator', () => {
  test('ends the sessions of many people at once, and sees how many and how surely', async () => {
    const ada = await administrator()
    const devices = [await on('grace'), await on('grace'), await on('linus')]
    const target = { selectors: [subject('grace'), subject('linus'), subject('nobody')] }
    const added = await ada.revocations.add.mutate({ id: 'many', target, reason })
    expect(added).toMatchObject({ id: 'many', reason, by: 'usr_ada', target: { selectors: 3 } })
    const view = await ended(ada, 'many')
    expect(view.outcome).toBe('done')
    expect(view.progress).toMatchObject({ done: 3, total: 3, ended: 3, level: 'enforced' })
    expect(await Promise.all(devices.map(isSignedIn))).toEqual([false, false, false])
    expect(await ada.revocations.add.mutate({ id: 'many', target, reason })).toEqual(view)
    await expect(
      ada.revocations.add.mutate({ id: 'many', target, reason: 'other' }),
    ).rejects.toMatchObject({ data: { code: 'CONFLICT' } })
  })

  test('ends the sessions of every member of an organization, at the moment that was given', async () => {
    const ada = await administrator()
    const linus = await on('linus')
    const target = { membersOf: 'org_globex' } as const
    const later = { local: '2028-12-31T23:59', timeZone: 'Europe/Berlin' }
    const planned = await ada.revocations.add.mutate({ id: 'contract', target, reason, at: later })
    expect(planned).toMatchObject({ state: 'delayed', startsAt: '2028-12-31T22:59:00.000Z' })
    expect(await isSignedIn(linus)).toBe(true)
    const at = new Date(Date.now() + 2_000).toISOString()
    await ada.revocations.reschedule.mutate({ id: 'contract', at })
    await eventually(async () => expect(await isSignedIn(linus)).toBe(false), WAIT)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at))
    // Ada is a member too.
    const view = await ended(await administrator(), 'contract')
    expect(view).toMatchObject({ outcome: 'done', progress: { done: 2, total: null } })
  })

  test('takes back what has not begun, and no moment that is over', async () => {
    const ada = await administrator()
    const grace = await on('grace')
    const target = { selectors: [subject('grace')] }
    const at = '2028-12-31T23:59:00+01:00'
    await ada.revocations.add.mutate({ id: 'planned', target, reason, at })
    expect(await ada.revocations.cancel.mutate({ id: 'planned' })).toEqual({
      cancelled: 'cancelled',
    })
    await expect(ada.revocations.get.query({ id: 'planned' })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    })
    const over = { id: 'over', target, reason, at: '2020-01-01T00:00:00Z' }
    await expect(ada.revocations.add.mutate(over)).rejects.toMatchObject({
      data: { code: 'BAD_REQUEST' },
    })
    expect(await isSignedIn(grace)).toBe(true)
  })

  test('is the only one who may', async () => {
    await administrator()
    const { client } = await on('grace')
    const refused = { data: { portcullis: { code: 'ERR_PERMISSION_REQUIRED' } } }
    const { revocations, deadLetters } = client.operations
    await expect(revocations.list.query({})).rejects.toMatchObject(refused)
    await expect(deadLetters.list.query({})).rejects.toMatchObject(refused)
    const all = { target: { selectors: [{ everyone: true }] as [{ everyone: true }] }, reason }
    await expect(revocations.add.mutate(all)).rejects.toMatchObject(refused)
  })
})

describe('a bulk revocation under way', () => {
  const people = (count: number) => Array.from({ length: count }, (_, n) => subject(`p${n}`))

  test('is gone on with after its worker was killed', async () => {
    const ada = await administrator()
    const linus = await on('linus')
    const selectors = [...people(500), subject('linus')]
    await ada.revocations.add.mutate({ id: 'killed', target: { selectors }, reason })
    const [worker] = installation.worker
    const begun = () => ada.revocations.get.query({ id: 'killed' })
    await eventually(async () => expect((await begun()).progress?.done).toBeGreaterThan(0), WAIT)
    worker?.signal('SIGKILL')
    await worker?.start()
    const view = await ended(await administrator(), 'killed')
    expect(view.progress).toMatchObject({ done: 501, total: 501, ended: 1, level: 'enforced' })
    expect(await isSignedIn(linus)).toBe(false)
  }, 90_000)

  test('stops when it is cancelled, and says how far it got', async () => {
    const ada = await administrator()
    const target = { selectors: people(5_000) }
    await ada.revocations.add.mutate({ id: 'stopped', target, reason })
    const begun = () => ada.revocations.get.query({ id: 'stopped' })
    await eventually(async () => expect((await begun()).progress?.done).toBeGreaterThan(0), WAIT)
    expect(await ada.revocations.cancel.mutate({ id: 'stopped' })).toEqual({
      cancelled: 'stopping',
    })
    const view = await ended(ada, 'stopped')
    expect(view.outcome).toBe('cancelled')
    expect(view.progress?.done).toBeLessThan(5_000)
  }, 60_000)
})
