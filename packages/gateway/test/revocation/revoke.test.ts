import { createFollower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import type { SessionSelector } from '@portcullis/sessions'
import { eventually, type RedisServer, startRedis, startTcpProxy } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RevocationReceipt } from '../../src/revocation/receipt.ts'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import { createVisitor, newKeyspace, startGateway } from '../support/start-gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { hear } from './harness.ts'

let redis: RedisServer
let orders: Upstream
const start = (options: Partial<Parameters<typeof startGateway>[0]> = {}) =>
  startGateway({ redisUrl: redis.url, services: { orders: orders.url }, ...options })
const logger = createLogger({ name: 'test', level: 'silent' })
const reason = 'test'
const PHONE = 'Mozilla/5.0 (iPhone) Mobile Safari/600'

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

/** Who of these is signed in, as the gateway says. */
async function signedIn(...visitors: ReturnType<typeof createVisitor>[]): Promise<boolean[]> {
  const people = await Promise.all(visitors.map(({ api }) => api.session.me.query()))
  return people.map((person) => person !== null)
}

describe('revoke', () => {
  test('resolves when every instance has applied it, and the next request is refused', async () => {
    const keyspace = newKeyspace()
    await using gateway = await start({ keyspace })
    const other = { redisUrl: redis.url, keyspace, name: 'orders', logger, leaseMs: 1_000 }
    await using service = await createFollower(other)
    const ada = createVisitor(gateway.url)
    const { id: session } = await ada.signIn()
    const checkedAt = service.position
    const receipt = await gateway.gateway.revoke({ session }, { reason })
    expect(receipt).toMatchObject({
      level: 'enforced',
      durable: true,
      ended: 1,
      instances: [{ id: service.instance, service: 'orders', state: 'acknowledged' }],
    })
    expect(receipt.tookMs).toBeLessThan(1_000)
    expect(service.position).toEqual(receipt.position)
    const keys = { session, subject: 'usr_ada', organization: null } as const
    expect(service.isStale(keys, checkedAt)).toBe(true)
    expect(await signedIn(ada)).toEqual([false])
  })

  test('ends what the selector means, as its dry run counted', async () => {
    await using gateway = await start()
    const { revoke, preview } = gateway.gateway
    const laptop = createVisitor(gateway.url)
    const phone = createVisitor(gateway.url, PHONE)
    const grace = createVisitor(gateway.url)
    const everybody = [laptop, phone, grace]
    const ways: [selector: (id: `ses_${string}`) => SessionSelector, left: boolean[]][] = [
      [(session) => ({ session }), [false, true, true]],
      [() => ({ subject: 'usr_ada' }), [false, false, true]],
      [(except) => ({ subject: 'usr_ada', except }), [true, false, true]],
      [() => ({ subject: 'usr_ada', device: 'phone' }), [true, false, true]],
      [
        () => ({ subject: 'usr_ada', beganBefore: new Date(Date.now() + 60_000) }),
        [false, false, true],
      ],
      [() => ({ organization: 'org_acme' }), [false, false, false]],
      [() => ({ everyone: true }), [false, false, false]],
      [() => ({ everyone: true, beganBefore: new Date() }), [false, false, false]],
    ]
    for (const [selectorOf, left] of ways) {
      const { id } = await laptop.signIn()
      await phone.signIn()
      await grace.signIn('grace@example.com')
      const selector = selectorOf(id)
      const count = left.filter((isLeft) => !isLeft).length
      expect(await preview(selector)).toEqual({ sessions: count, streams: 0 })
      expect(await signedIn(...everybody)).toEqual([true, true, true])
      const isCounted = 'session' in selector || 'subject' in selector
      const receipt = await revoke(selector, { reason })
      expect(receipt).toMatchObject({ level: 'enforced', ended: isCounted ? count : null })
      expect(await signedIn(...everybody)).toEqual(left)
    }
  })

  test('counts the streams that are open at this gateway in a dry run', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    const grace = createVisitor(gateway.url)
    await ada.signIn()
    await grace.signIn('grace@example.com')
    const streams = [ada, ada, grace].map(({ subscribing }) =>
      hear((callbacks) => subscribing.session.events.subscribe(undefined, callbacks)),
    )
    const preview = (selector: SessionSelector) => gateway.gateway.preview(selector)
    await eventually(async () => {
      expect(await preview({ subject: 'usr_ada' })).toEqual({ sessions: 1, streams: 2 })
    })
    expect(await preview({ everyone: true })).toEqual({ sessions: 2, streams: 3 })
    expect(gateway.gateway.openStreams).toBe(3)
    for (const { stop } of streams) stop()
    await eventually(() => expect(gateway.gateway.openStreams).toBe(0))
  })

  test('repeated under its id, ends nothing that began since and tells of the same place', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const again = { reason, id: 'incident-7' }
    const first = await gateway.gateway.revoke({ subject: 'usr_ada' }, again)
    await ada.signIn()
    const second = await gateway.gateway.revoke({ subject: 'usr_ada' }, again)
    expect(second).toMatchObject({ id: first.id, position: first.position, ended: first.ended })
    expect(await signedIn(ada)).toEqual([true])
    await expect(gateway.gateway.revoke({ everyone: true }, again)).rejects.toMatchObject({
      code: 'ERR_CHANGE_ID_REUSED',
    })
  })

  test('without an answer of Redis is indeterminate, and can be repeated', async () => {
    await using proxy = await startTcpProxy({ target: redis.url })
    const keyspace = newKeyspace()
    await using gateway = await start({ redisUrl: proxy.url, keyspace })
    await using elsewhere = await start({ keyspace })
    const ada = createVisitor(elsewhere.url)
    await ada.signIn()
    proxy.dropDown()
    const lost = await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason })
    expect(lost).toMatchObject({ level: 'indeterminate', position: null, ended: null })
    await eventually(async () => expect(await signedIn(ada)).toEqual([false]))
    await ada.signIn()
    proxy.heal()
    const again = { reason, id: lost.id }
    await eventually(async () => {
      const receipt = await gateway.gateway.revoke({ subject: 'usr_ada' }, again)
      expect(receipt).toMatchObject({ level: 'enforced', id: lost.id, ended: 1 })
    })
    expect(await signedIn(ada)).toEqual([true])
  })

  test('waits no longer than it is told to, and says what is known then', async () => {
    await using proxy = await startTcpProxy({ target: redis.url })
    const keyspace = newKeyspace()
    await using gateway = await start({ keyspace, leaseMs: 3_000 })
    const slow = { redisUrl: proxy.url, keyspace, name: 'slow', logger, leaseMs: 3_000 }
    await using _service = await createFollower(slow)
    proxy.dropDown()
    const receipt = await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason, timeoutMs: 300 })
    expect(receipt).toMatchObject({ level: 'pending', instances: [{ state: 'waiting' }] })
    expect(receipt.tookMs).toBeLessThan(1_500)
    const majority = await gateway.gateway.revoke(
      { subject: 'usr_ada' },
      { reason, wait: 'majority' },
    )
    expect(majority).toMatchObject({ level: 'pending', instances: [{ state: 'waiting' }] })
    proxy.cut()
  })

  test('refuses what is no selector or no option', async () => {
    await using gateway = await start()
    const { revoke } = gateway.gateway
    const wrong = { subject: 'usr_x', organization: 'org_x' } as unknown as SessionSelector
    await expect(revoke(wrong, { reason })).rejects.toThrow(TypeError)
    for (const options of [
      { reason: 'two words' },
      { reason, id: '' },
      { reason, timeoutMs: 0 },
      { reason, beganBefore: new Date() },
    ]) {
      await expect(revoke({ everyone: true }, options)).rejects.toThrow(TypeError)
    }
    await expect(revoke({ session: 'ses_x' }, { reason })).rejects.toMatchObject({
      code: 'ERR_SESSION_NOT_FOUND',
    })
  })
})

describe('procedures', () => {
  test('say how far a change is known to hold', async () => {
    await using gateway = await start()
    const laptop = createVisitor(gateway.url)
    const phone = createVisitor(gateway.url, PHONE)
    const { id: session } = await laptop.signIn()
    await phone.signIn()
    const receipt = {
      level: 'enforced',
      durable: true,
      id: expect.stringMatching(/^chg_/),
      tookMs: expect.any(Number),
    }
    expect(await phone.api.session.revoke.mutate({ session })).toEqual({ ended: 1, receipt })
    expect(await phone.api.session.revokeOthers.mutate()).toEqual({ ended: 0, receipt })
    const organization = 'org_globex'
    const pending = { ...receipt, level: 'pending' }
    expect(await phone.api.session.switchOrganization.mutate({ organization })).toEqual({
      organization,
      receipt: pending,
    })
    expect(await phone.api.session.signOut.mutate()).toEqual({ ended: 1, receipt: pending })
  })

  test('revoke and preview for administrators alone, by any selector', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    const grace = createVisitor(gateway.url)
    const { id } = await ada.signIn()
    await grace.signIn('grace@example.com')
    const selector = { everyone: true, beganBefore: new Date(0).toISOString() } as const
    const input = { selector, reason: 'drill', id: 'drill-1' }
    const refused = { data: { portcullis: { code: 'ERR_ROLE_REQUIRED' } } }
    await expect(grace.api.admin.revoke.mutate(input)).rejects.toMatchObject(refused)
    await expect(grace.api.admin.preview.query({ selector })).rejects.toMatchObject(refused)
    const meant = { subject: 'usr_grace', except: id } as const
    await expect(ada.api.admin.revoke.mutate({ selector: meant })).rejects.toMatchObject({
      data: { portcullis: { code: 'ERR_SESSION_NOT_FOUND' } },
    })
    expect(await ada.api.admin.preview.query({ selector: { subject: 'usr_grace' } })).toEqual({
      sessions: 1,
      streams: 0,
    })
    const { ended, receipt } = await ada.api.admin.revoke.mutate({
      selector: { organization: 'org_acme' },
    })
    expect(ended).toBeNull()
    expect(receipt).toMatchObject({ level: 'enforced', instances: [], position: { epoch: 1 } })
    expect(await signedIn(ada, grace)).toEqual([false, false])
  })

  test('answer a level, not an error, if nobody can tell how far a change that was made holds', async () => {
    const made = { position: { epoch: 1, seq: 1 }, ended: 1 }
    await using gateway = await startUnprovable(made)
    const response = await signOutOf(gateway.url)
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-sid=;/)
    expect(await response.json()).toMatchObject({
      result: { data: { ended: 1, receipt: { level: 'indeterminate', durable: false } } },
    })
  })

  test('answer an error, and keep the cookie, if nothing is known to have been made', async () => {
    await using gateway = await startUnprovable({ position: null, ended: null })
    const response = await signOutOf(gateway.url)
    expect(response.status).toBe(503)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await response.json()).toMatchObject({
      error: { data: { portcullis: { code: 'ERR_UNVERIFIABLE' } } },
    })
  })
})

/** A gateway whose changes come to no more than this. */
function startUnprovable(made: Pick<RevocationReceipt, 'position' | 'ended'>) {
  const known = { level: 'indeterminate', durable: false, id: 'chg_x', tookMs: 1, instances: [] }
  const receipt = { ...known, ...made } as RevocationReceipt
  const preview = async () => ({ sessions: null, streams: 0 })
  const revocations = { revoke: async () => receipt, change: async () => receipt, preview }
  return startDataPath({ services: {}, revocations })
}

function signOutOf(url: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', cookie: SESSION_COOKIE }
  return fetch(`${url}/session.signOut`, { method: 'POST', headers })
}
