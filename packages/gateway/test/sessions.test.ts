import { eventually, type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVisitor, newKeyspace, startGateway } from './support/start-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

let redis: RedisServer
let orders: Upstream
const start = (options: Partial<Parameters<typeof startGateway>[0]> = {}) =>
  startGateway({ redisUrl: redis.url, services: { orders: orders.url }, ...options })
const failsWith = (code: string) => ({ data: { portcullis: { code } } })

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

describe('signing in', () => {
  test('gives a cookie that makes a principal, here and for the services', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    expect(await ada.api.session.me.query()).toBeNull()
    const session = await ada.signIn()
    expect(session).toMatchObject({
      current: true,
      organization: 'org_acme',
      device: { kind: 'browser', label: 'Firefox on Linux' },
    })
    expect(ada.setCookies[0]).toMatch(
      /^sid=[\w-]{47}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=86(400|399)$/,
    )
    expect(await ada.api.session.me.query()).toMatchObject({
      subject: 'usr_ada',
      session: session.id,
      organization: 'org_acme',
      roles: expect.arrayContaining(['system:admin', 'member']),
    })
    const headers = await ada.api.orders.headers.query()
    expect(headers['x-portcullis-context']).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(headers).not.toHaveProperty('cookie')
  })

  test('sets its cookie from inside a batch and a streamed batch too', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    const input = { email: 'ada@example.com', password: 'portcullis' }
    await Promise.all([ada.api.orders.add.mutate({ by: 1 }), ada.api.session.signIn.mutate(input)])
    expect(ada.setCookies.map((cookie) => cookie.split('=', 1)[0])).toEqual([
      'added',
      'sid',
      'device',
    ])
    const grace = createVisitor(gateway.url)
    await grace.streaming.session.signIn.mutate({ ...input, email: 'grace@example.com' })
    expect(await grace.streaming.session.me.query()).toMatchObject({ subject: 'usr_grace' })
  })

  test('ends the session that the same browser already had', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const before = ada.cookie
    await ada.signIn()
    expect(ada.cookie).not.toBe(before)
    expect(await ada.api.session.list.query()).toHaveLength(1)
    const other = Object.assign(createVisitor(gateway.url), { cookie: before })
    expect(await other.api.session.me.query()).toBeNull()
  })

  test('is refused with one answer for every reason, and then throttled', async () => {
    await using gateway = await start({ signInThrottle: { failuresPerAccount: 3 } })
    const { api, signIn } = createVisitor(gateway.url)
    const guess = (email: string) => api.session.signIn.mutate({ email, password: 'wrong' })
    await expect(guess('nobody@example.com')).rejects.toMatchObject(
      failsWith('ERR_SIGN_IN_REFUSED'),
    )
    for (let i = 0; i < 3; i++) {
      await expect(guess('ada@example.com')).rejects.toMatchObject(failsWith('ERR_SIGN_IN_REFUSED'))
    }
    const looked = gateway.verified()
    await expect(signIn()).rejects.toMatchObject({
      ...failsWith('ERR_THROTTLED'),
      data: { code: 'TOO_MANY_REQUESTS', httpStatus: 429 },
    })
    expect(gateway.verified()).toBe(looked)
    await signIn('grace@example.com')
  })

  test('without a proper input is the caller’s mistake, and unavailable when nobody can tell', async () => {
    await using gateway = await start()
    const response = await fetch(`${gateway.url}/session.signIn`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":1}',
    })
    expect(response.status).toBe(400)
    const input = { email: 'ada@example.com', password: 'portcullis' }
    const verify = () => Promise.reject(new Error('the secret reason'))
    const { credentials } = await import('./support/start-gateway.ts')
    await using away = await start({ identity: { input: credentials, verify } })
    await expect(createVisitor(away.url).api.session.signIn.mutate(input)).rejects.toMatchObject({
      ...failsWith('ERR_SIGN_IN_UNAVAILABLE'),
      message: expect.not.stringContaining('secret'),
    })
  })
})

describe('a session that ends', () => {
  test('by sign-out is gone with the next request, and so is the cookie', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const stolen = ada.cookie
    await ada.api.session.me.query()
    expect(await ada.api.session.signOut.mutate()).toMatchObject({ ended: 1 })
    expect(ada.cookie).toBe('sid=')
    const thief = Object.assign(createVisitor(gateway.url), { cookie: stolen })
    expect(await thief.api.session.me.query()).toBeNull()
    const headers = await thief.api.orders.headers.query()
    expect(headers['x-portcullis-context']).toBeUndefined()
    expect(await ada.api.session.signOut.mutate()).toEqual({ ended: 0, receipt: null })
  })

  test('by its owner from another device is gone with the next request, there too', async () => {
    await using gateway = await start()
    const laptop = createVisitor(gateway.url)
    const phone = createVisitor(gateway.url, 'Mozilla/5.0 (iPhone) Mobile Safari/600')
    const tablet = createVisitor(gateway.url)
    const { id } = await laptop.signIn()
    await phone.signIn()
    await tablet.signIn()
    const listed = await phone.api.session.list.query()
    expect(listed).toHaveLength(3)
    expect(listed.filter(({ current }) => current)).toMatchObject([
      { device: { kind: 'phone', label: 'Safari on iOS' } },
    ])
    expect(await phone.api.session.revoke.mutate({ session: id })).toMatchObject({ ended: 1 })
    expect(await laptop.api.session.me.query()).toBeNull()
    expect(await phone.api.session.revokeOthers.mutate()).toMatchObject({ ended: 1 })
    expect(await tablet.api.session.me.query()).toBeNull()
    expect(await phone.api.session.me.query()).toMatchObject({ subject: 'usr_ada' })
  })

  test('is nobody’s but its owner’s and an administrator’s to end', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    const grace = createVisitor(gateway.url)
    const { id } = await ada.signIn()
    await grace.signIn('grace@example.com')
    const subject = 'usr_grace'
    await expect(grace.api.session.revoke.mutate({ session: id })).rejects.toMatchObject(
      failsWith('ERR_SESSION_NOT_FOUND'),
    )
    await expect(grace.api.admin.revokeSubject.mutate({ subject })).rejects.toMatchObject(
      failsWith('ERR_ROLE_REQUIRED'),
    )
    await expect(createVisitor(gateway.url).api.session.list.query()).rejects.toMatchObject(
      failsWith('ERR_SESSION_REQUIRED'),
    )
    expect(await ada.api.admin.sessions.query({ subject })).toHaveLength(1)
    expect(await ada.api.admin.revokeSubject.mutate({ subject })).toMatchObject({ ended: 1 })
    expect(await grace.api.session.me.query()).toBeNull()
  })

  test('ends at every gateway', async () => {
    const keyspace = newKeyspace()
    await using here = await start({ keyspace })
    await using there = await start({ keyspace })
    const ada = createVisitor(here.url)
    await ada.signIn()
    const elsewhere = Object.assign(createVisitor(there.url), { cookie: ada.cookie })
    expect(await elsewhere.api.session.me.query()).toMatchObject({ subject: 'usr_ada' })
    await ada.api.session.signOut.mutate()
    await eventually(async () => expect(await elsewhere.api.session.me.query()).toBeNull(), {
      timeoutMs: 1_000,
    })
  })
})

test('switching the organization holds from the next request on, for members only', async () => {
  await using gateway = await start()
  const ada = createVisitor(gateway.url)
  const grace = createVisitor(gateway.url)
  await ada.signIn()
  await grace.signIn('grace@example.com')
  const organization = 'org_globex'
  await ada.api.session.switchOrganization.mutate({ organization })
  expect(await ada.api.session.me.query()).toMatchObject({ organization })
  await ada.api.session.switchOrganization.mutate({ organization: null })
  expect(await ada.api.session.me.query()).toMatchObject({ organization: null })
  await expect(grace.api.session.switchOrganization.mutate({ organization })).rejects.toMatchObject(
    failsWith('ERR_MEMBERSHIP_REQUIRED'),
  )
})

test('a made-up cookie is cleared and costs no error', async () => {
  await using gateway = await start()
  const visitor = createVisitor(gateway.url)
  for (const value of ['x', 'A'.repeat(47), '%', '"quoted"', 'A'.repeat(9_000)]) {
    visitor.cookie = `sid=${value}`
    expect(await visitor.api.orders.hello.query()).toBe('hello')
    expect(visitor.cookie).toBe('sid=')
  }
})

test('a gateway refuses to be built with a wrong option, naming it', async () => {
  const wrong = [
    [{ publicUrl: 'localhost:4000' }, /publicUrl/],
    [{ services: { session: orders.url } }, /services\.session/],
    [{ services: { orders: 'ftp://orders' } }, /services\.orders/],
    [{ limits: { batchSize: 0 } }, /batchSize/],
    [{ allowedOrigins: ['*'] }, /allowedOrigins/],
    [{ signInThrottle: { attemptsPerAddress: -1 } }, /attemptsPerAddress/],
  ] as const
  for (const [options, message] of wrong) await expect(start(options)).rejects.toThrow(message)
})
