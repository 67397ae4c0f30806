import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { createSubjectHandles } from '../src/index.ts'
import { PEPPER, recordEvents, startLog } from './harness.ts'

test('a change published twice under one id is one event', async () => {
  await using log = await startLog()
  await using follower = await log.follow()
  const events = recordEvents(follower)
  const change = { subject: 'usr_a', version: 4, id: 'chg_1', cause: 'role-changed' } as const
  const first = await log.publisher.publish(change)
  expect(await log.publisher.publish(change)).toEqual(first)
  await eventually(() => expect(follower.position).toEqual(first.position))
  expect(events).toMatchObject([
    { kind: 'claims.changed', subject: 'usr_a', cause: 'role-changed' },
  ])
})

test('a change of what roles permit is one event about the organization', async () => {
  await using log = await startLog()
  await using follower = await log.follow()
  const events = recordEvents(follower)
  const organization = 'org_acme'
  const keys = { session: 'ses_a', subject: 'usr_a', organization } as const
  const before = follower.position
  const change = { organization, version: 4, id: 'chg_1', cause: 'role.edited' } as const
  const { position } = await log.publisher.publish(change)
  await eventually(() => expect(follower.position).toEqual(position))
  expect(events).toMatchObject([{ kind: 'organization.changed', organization }])
  expect(await log.admin.hget(log.keys.rules(organization), 'f')).toBe('4')
  expect(follower.isStale(keys, before)).toBe(true)
  expect(follower.isSessionStale(keys, before)).toBe(false)
  expect(follower.areRulesStale(organization, before)).toBe(true)
})

test('a change that is repeated after the history changed has its place in the new one', async () => {
  await using log = await startLog()
  await using follower = await log.follow()
  const change = { subject: 'usr_a', version: 4, id: 'chg_1', cause: 'role-changed' } as const
  const first = await log.publisher.publish(change, follower.instance)
  await log.admin.del(log.keys.epoch)
  await eventually(async () => {
    const again = await log.publisher.publish(change, follower.instance)
    expect(again.position.epoch).toBeGreaterThan(first.position.epoch)
    const receipt = await follower.enforce({ ...change, ...again, startedAt: performance.now() })
    expect(receipt.level).toBe('enforced')
  })
})

test('the version below which cached claims are not believed never sinks', async () => {
  await using log = await startLog()
  const key = log.keys.claims(createSubjectHandles(PEPPER).handleOf('usr_a'))
  const floorAfter = async (version: number) => {
    const change = { subject: 'usr_a', version, id: `chg_${version}`, cause: 'test' } as const
    await log.publisher.publish(change)
    return log.admin.hget(key, 'f')
  }
  expect(await floorAfter(5)).toBe('5')
  expect(await floorAfter(3)).toBe('5')
  expect(await floorAfter(6)).toBe('6')
})

test('another pepper than the one the installation was set up with is refused', async () => {
  await using log = await startLog()
  const other = Buffer.alloc(32, 8).toString('base64url')
  await createSubjectHandles(PEPPER).assertPepper(log.admin, log.keys)
  await createSubjectHandles(PEPPER).assertPepper(log.admin, log.keys)
  const refused = createSubjectHandles(other).assertPepper(log.admin, log.keys)
  await expect(refused).rejects.toMatchObject({ code: 'ERR_PEPPER_MISMATCH' })
})
