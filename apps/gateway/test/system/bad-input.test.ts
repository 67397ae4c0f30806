import {
  ASSERTION_HEADER,
  CONTEXT_HEADER,
  createAssertionSigner,
  createKeyRing,
  generateSigningKey,
  type Principal,
} from '@portcullis/context'
import { systemClock } from '@portcullis/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { askService, headOf, signContext } from './contexts.ts'
import { type Device, signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'
import { mutate, seededRandom } from './mutations.ts'
import { exchange, refusalOf, request, statusOf } from './raw-requests.ts'

let installation: Installation
let accounts: AppProcess
let orders: AppProcess
let gateway: AppProcess
let ada: Device
let principal: Principal
/** Cookie of a session that ended. */
let ended: string

beforeAll(async () => {
  installation = await startInstallation()
  const { start } = installation
  ;[accounts, orders] = await Promise.all([start('accounts'), start('orders')])
  gateway = await start('gateway', { accountsUrl: accounts.url, ordersUrl: orders.url })
  ada = await signIn(gateway, 'ada')
  const grace = await signIn(gateway, 'grace')
  await grace.client.session.signOut.mutate()
  ended = grace.cookie
  const found = await ada.client.session.me.query()
  if (found === null) throw new Error('has just signed in')
  principal = found
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const refuse = (line: string, headers?: readonly string[], body?: string) =>
  refusalOf(gateway.url, request(line, headers, body))
const JSON_TYPE = 'Content-Type: application/json'
const ANONYMOUS = { status: 401, code: 'ERR_SESSION_REQUIRED' }

describe('at the public door', () => {
  test('a cookie that was not issued here, was tampered with or has ended is nobody', async () => {
    const [name, token = ''] = ada.cookie.split('=')
    const other = (at: number) => (token[at] === 'A' ? 'B' : 'A')
    const tampered = [0, 20, 46].map((at) => token.slice(0, at) + other(at) + token.slice(at + 1))
    const made = ['', 'x', 'A'.repeat(47), `${token}A`, 'A'.repeat(8_000), '{}', '%00', '\xff\xfe']
    for (const value of [...tampered, ...made]) {
      expect(await refuse('GET /orders.list', [`Cookie: ${name}=${value}`])).toEqual(ANONYMOUS)
    }
    expect(await refuse('GET /orders.list', [`Cookie: ${ended}`])).toEqual(ANONYMOUS)
    expect(await refuse('GET /orders.list', [`Cookie: __Host-${ada.cookie}`])).toEqual(ANONYMOUS)
  })

  test('two session cookies are refused, also if one of them is good', async () => {
    const twice = { status: 400, code: 'ERR_COOKIE_DUPLICATE' }
    for (const headers of [
      [`Cookie: ${ada.cookie}; sid=x`],
      [`Cookie: sid=x; ${ada.cookie}`],
      [`Cookie: ${ada.cookie}`, `Cookie: ${ada.cookie}`],
    ]) {
      expect(await refuse('GET /orders.list', headers)).toEqual(twice)
    }
  })

  test('a context, an assertion or an identity in a header is nobody, even one that a service would accept', async () => {
    const position = await headOf(installation.redis)
    const context = await signContext({ ...installation, principal, audience: 'orders', position })
    expect(await askService(orders, 'orders.list', context)).toMatchObject({ status: 200 })
    for (const header of [
      `${CONTEXT_HEADER}: ${context}`,
      `X-Portcullis-Context: ${context}`,
      `X_PORTCULLIS_CONTEXT: ${context}`,
      'x-user-id: usr_ada',
      'x-user-roles: system:admin',
      'x-org-id: org_acme',
    ]) {
      expect(await refuse('GET /orders.list', [header])).toEqual(ANONYMOUS)
    }
  })

  test('an internal procedure answers to nobody, alone or in a batch, with whatever proof', async () => {
    const keyRing = await createKeyRing({ signing: installation.signingKey })
    const signer = createAssertionSigner({ service: 'gateway', keyRing, clock: systemClock })
    const assertion = `${ASSERTION_HEADER}: ${await signer.sign({ audience: 'accounts' })}`
    const cookie = `Cookie: ${ada.cookie}`
    const input = encodeURIComponent('{"subject":"usr_ada","atLeast":0}')
    const refused = { status: 403, code: 'ERR_CALLER_REQUIRED' }
    for (const headers of [[], [cookie], [assertion], [cookie, assertion]]) {
      const claims = `GET /accounts.internal.claims?input=${input}`
      expect(await refuse(claims, headers)).toEqual(refused)
      const batch = 'GET /accounts.me,accounts.internal.claims?batch=1&input=%7B%7D'
      expect(await refuse(batch, headers)).toEqual(refused)
      const publish = ['POST /accounts.internal.publishOutbox', '{"limit":1}'] as const
      expect(await refuse(publish[0], [...headers, JSON_TYPE], publish[1])).toEqual(refused)
    }
  })

  test.each([
    '/orders.list%2Caccounts.me?batch=1',
    '/orders.list/../accounts.internal.claims',
    '/%2e%2e/orders.list',
    '/orders\\list',
    '//orders.list',
    '/orders.list?b%61tch=1',
    '/orders.list?batch=1&batch=0',
    '/orders%2Elist',
    'http://elsewhere/orders.list',
  ])('%s is no path', async (path) => {
    const refused = { status: 400, code: 'ERR_TARGET_INVALID' }
    expect(await refuse(`GET ${path}`, [`Cookie: ${ada.cookie}`])).toEqual(refused)
  })

  test.each([
    ['/nobody.home', 'ERR_SERVICE_UNKNOWN'],
    ['/constructor.name', 'ERR_SERVICE_UNKNOWN'],
    ['/orders.nothing', undefined],
    ['/orders.__proto__', undefined],
    ['/session.nothing', undefined],
  ])('%s is not found', async (path, code) => {
    const cookie = `Cookie: ${ada.cookie}`
    expect(await refuse(`GET ${path}`, [cookie])).toEqual({ status: 404, code })
  })

  test('what is too large is refused before anybody reads it', async () => {
    const cookie = `Cookie: ${ada.cookie}`
    const tooMuch = { status: 413, code: 'ERR_BODY_TOO_LARGE' }
    const post = 'POST /orders.create'
    const length = `Content-Length: ${1_048_577}`
    expect(await refuse(post, [cookie, JSON_TYPE, length])).toEqual(tooMuch)
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const chunked = [cookie, JSON_TYPE, 'Transfer-Encoding: chunked']
    const endless = Buffer.concat([request(post, chunked), Buffer.from(chunk.repeat(17))])
    expect(await refusalOf(gateway.url, endless)).toEqual(tooMuch)
    const wide = `x-wide: ${'x'.repeat(17_000)}`
    expect(await refuse('GET /orders.list', [cookie, wide])).toEqual({
      status: 431,
      code: 'ERR_HEADERS_TOO_LARGE',
    })
    const long = `GET /orders.list?input=${'1'.repeat(15_000)}`
    expect(await refuse(long, [cookie])).toEqual({ status: 414, code: 'ERR_TARGET_TOO_LONG' })
    for (const names of [['orders.list'], ['orders.list', 'accounts.me', 'session.me']]) {
      const paths = Array.from({ length: 51 }, (_, n) => names[n % names.length]).join()
      const batch = await refuse(`GET /${paths}?batch=1`, [cookie])
      expect(batch).toEqual({ status: 400, code: 'ERR_BATCH_TOO_LARGE' })
    }
  })

  test.each([
    ['not JSON', 'POST /orders.create', '{"item":', 400],
    ['nothing', 'POST /orders.create', 'null', 400],
    ['nested 50,000 times', 'POST /orders.create', '['.repeat(50_000), 400],
    ['of another type', 'POST /orders.create', '{"item":{"$ne":1},"quantity":"1"}', 400],
    ['of no member', 'POST /accounts.members.remove', '{"subject":"usr_nobody"}', 404],
    ['a prototype', 'POST /orders.create', '{"__proto__":{"item":"x","quantity":1}}', 400],
    ['no object for a batch', 'POST /orders.create,session.me?batch=1', '[1]', 400],
    ['for a query', 'POST /orders.list', '{}', 405],
    ['no email', 'POST /session.signIn', '{"email":7,"password":[]}', 400],
    ['no organization', 'POST /session.switchOrganization', '{"organization":"acme"}', 400],
    ['another’s session', 'POST /session.revoke', '{"session":"ses_none"}', 404],
  ])('an input that is %s is refused', async (_what, line, body, status) => {
    const refused = await refuse(line, [`Cookie: ${ada.cookie}`, JSON_TYPE], body)
    expect(refused.status).toBe(status)
  })

  test('a method, a content type and an origin that are not tRPC’s are refused', async () => {
    const cookie = `Cookie: ${ada.cookie}`
    const create = 'POST /orders.create'
    const body = '{"item":"x","quantity":1}'
    expect(await refuse('PUT /orders.list', [cookie, JSON_TYPE], '{}')).toEqual({
      status: 405,
      code: 'ERR_METHOD_NOT_SUPPORTED',
    })
    expect(await refuse('PUT /orders.list', [cookie])).toEqual({
      status: 415,
      code: 'ERR_CONTENT_TYPE_UNSUPPORTED',
    })
    expect((await refuse('GET /orders.create', [cookie])).status).toBe(405)
    expect(await refuse(create, [cookie, 'Content-Type: text/plain'], body)).toEqual({
      status: 415,
      code: 'ERR_CONTENT_TYPE_UNSUPPORTED',
    })
    expect(await refuse(create, [cookie, JSON_TYPE, 'Origin: https://evil.test'], body)).toEqual({
      status: 403,
      code: 'ERR_ORIGIN_REFUSED',
    })
    expect((await ada.client.orders.list.query()).orders).toEqual([])
  })

  test('of 500 requests with a few bytes of their head changed none is answered 5xx or left hanging', async () => {
    const random = seededRandom(20_260_101)
    const cookie = `Cookie: ${ada.cookie}`
    const heads = [
      ['GET /orders.list?input=%7B%22limit%22%3A1%7D HTTP/1.1', 'Host: here', cookie],
      ['GET /accounts.me,orders.list?batch=1 HTTP/1.1', 'Host: here', cookie, 'Accept: */*'],
      ['GET /session.list HTTP/1.1', 'Host: here', 'Origin: http://here', cookie],
    ].map((lines) => Buffer.from(lines.join('\r\n')))
    // Out of reach of the changes, so that each connection is closed behind its answer.
    const tail = Buffer.from('\r\nx-tail: 1\r\nConnection: close\r\n\r\n')
    const statuses = new Set<number>()
    for (let round = 0; round < 25; round += 1) {
      const sent = Array.from({ length: 20 }, (_, n) =>
        Buffer.concat([mutate(heads[n % heads.length] as Buffer, random), tail]),
      )
      const answers = await Promise.all(sent.map((bytes) => exchange(gateway.url, bytes)))
      for (const answer of answers) statuses.add(statusOf(answer))
    }
    expect([...statuses].filter((status) => !(status < 500))).toEqual([])
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401]))
  })
})

describe('at a service itself', () => {
  test('a context of another key, audience, time or kind is refused', async () => {
    const position = await headOf(installation.redis)
    const { signingKey } = installation
    const good = { signingKey, principal, audience: 'orders', position }
    const keyRing = await createKeyRing({ signing: signingKey })
    const assertions = createAssertionSigner({ service: 'gateway', keyRing, clock: systemClock })
    const valid = await signContext(good)
    const [header = '', payload = '', signature = ''] = valid.split('.')
    const unsigned = Buffer.from('{"alg":"none","typ":"ctx+jwt"}').toString('base64url')
    const admin = Buffer.from(payload, 'base64url').toString().replace('usr_ada', 'usr_eve')
    const invalid = [
      await signContext({ ...good, signingKey: await generateSigningKey() }),
      await signContext({ ...good, audience: 'accounts' }),
      await signContext({ ...good, offsetMs: 600_000 }),
      await assertions.sign({ audience: 'orders' }),
      `${unsigned}.${payload}.`,
      `${unsigned}.${payload}.${signature}`,
      `${header}.${Buffer.from(admin).toString('base64url')}.${signature}`,
      `${valid}, ${valid}`,
      'x'.repeat(9_000),
    ]
    const refused = { status: 401, code: 'ERR_CONTEXT_INVALID' }
    for (const context of invalid) {
      expect(await askService(orders, 'orders.list', context)).toMatchObject(refused)
    }
    const expired = await signContext({ ...good, offsetMs: -600_000 })
    expect(await askService(orders, 'orders.list', expired)).toMatchObject({
      status: 401,
      code: 'ERR_CONTEXT_EXPIRED',
    })
    expect(await askService(orders, 'orders.list', valid)).toMatchObject({ status: 200 })
  })
})

test('after all of it every process lives, has failed nowhere, and serves', async () => {
  for (const process of [gateway, accounts, orders]) {
    expect((await fetch(`${process.url}/readyz`)).status).toBe(200)
    expect(process.output()).not.toMatch(/"level":(50|60)/)
  }
  expect(await ada.client.accounts.me.query()).toMatchObject({ subject: 'usr_ada' })
  expect((await ada.client.orders.list.query()).orders).toEqual([])
})
