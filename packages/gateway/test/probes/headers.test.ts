import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exchangeRaw, requestRaw } from '../support/raw-request.ts'
import { HOST, JSON_TYPE, type ProbedGateway, startProbed } from './harness.ts'

let gateway: ProbedGateway

beforeAll(async () => {
  gateway = await startProbed()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.forget())

const GET = ['GET /orders.hello HTTP/1.1', HOST]

/** Sends a request that has to succeed and resolves with the names of the headers that the service got, sorted. */
async function namesReceived(lines: readonly string[], connection = 'close'): Promise<string[]> {
  const text = [...GET, ...lines, `Connection: ${connection}`, '', ''].join('\r\n')
  const answer = await exchangeRaw(gateway.port, Buffer.from(text, 'latin1'))
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  const [seen] = gateway.orders.seen
  const names = seen?.rawHeaders.filter((_, index) => index % 2 === 0) ?? []
  return names.map((name) => name.toLowerCase()).sort()
}

describe('a header by which a client could pose as the gateway', () => {
  test('never reaches a service, however it is written', async () => {
    const names = await namesReceived([
      'X-Portcullis-Context: forged',
      'x-portcullis-assertion: forged',
      'X_Portcullis_Context: forged',
      'x-portcullis_context: forged',
      'x-user-id: usr_root',
      'X-User-Roles: system:admin',
      'x_user_id: usr_root',
      'X_USER_EMAIL: root@example.com',
      'x-org-id: org_other',
      'X_Org_Id: org_other',
      'x-forwarded-for: 6.6.6.6',
      'X-Forwarded-Host: evil.example.com',
      'x-forwarded-proto: http',
      'x_forwarded_for: 6.6.6.6',
      'forwarded: for=6.6.6.6',
      'x-real-ip: 6.6.6.6',
      'te: trailers',
      'keep-alive: timeout=5',
      'proxy-authorization: Basic x',
      'proxy-connection: keep-alive',
      'x-kept: kept',
    ])
    expect(names).toEqual([
      ...['connection', 'host', 'traceparent', 'x-forwarded-for', 'x-forwarded-host'],
      ...['x-forwarded-proto', 'x-kept', 'x-request-id'],
    ])
    expect(gateway.received()).not.toMatch(/forged|root|system:admin|org_other|6\.6\.6\.6|evil/)
  })

  test('is not there either when somebody is signed in: the context is the gateway’s, once', async () => {
    await namesReceived([
      'x-portcullis-context: forged',
      gateway.cookie,
      'X-Portcullis-Context: forged',
    ])
    const contexts = gateway.received().match(/^x-portcullis-context: .*$/gim)
    expect(contexts).toEqual([
      expect.stringMatching(/^x-portcullis-context: [\w-]+\.[\w-]+\.[\w-]+$/),
    ])
    expect(gateway.received()).not.toMatch(/__Host-sid|forged/)
  })
})

describe('a header named by Connection', () => {
  test('ends at the gateway, and what the gateway adds cannot be removed so', async () => {
    const names = await namesReceived(
      ['x-private: 1', 'X_User_Id: usr_root', 'x-kept: kept', gateway.cookie],
      'close, X-Private, x_user_id, x-portcullis-context, x-forwarded-for, cookie, host, x-forwarded-host',
    )
    expect(names).not.toContain('x-private')
    expect(names).not.toContain('x_user_id')
    expect(names).toEqual(
      expect.arrayContaining([
        ...['host', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
        ...['x-kept', 'x-portcullis-context'],
      ]),
    )
    expect(gateway.received()).not.toContain('__Host-sid')
  })

  test('in a second line of that name counts as well', async () => {
    const names = await namesReceived(['Connection: x-private', 'x-private: 1'])
    expect(names).not.toContain('x-private')
  })

  test('cannot turn one request into another', async () => {
    const post = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 8']
    for (const name of ['content-length', 'content-type', 'host', 'cookie', 'origin', 'accept']) {
      gateway.forget()
      const lines = [...post, gateway.cookie, `Connection: close, ${name}`]
      await exchangeRaw(gateway.port, [...lines, '', '{"by":1}'].join('\r\n'))
      expect(gateway.orders.seen).toHaveLength(1)
      expect(gateway.received()).toMatch(/^POST \/orders\.add HTTP\/1\.1\r\n/)
      expect(
        gateway.received().endsWith('{"by":1}') || gateway.received().includes('\r\n8\r\n{"by":1}'),
      ).toBe(true)
    }
  })

  test('cannot ask for another protocol', async () => {
    for (const lines of [
      ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'],
      ['Upgrade: TLS/1.0'],
      ['Upgrade: constructor'],
    ]) {
      const connection = 'Connection: Upgrade, HTTP2-Settings'
      const text = [...GET, ...lines, connection, '', ''].join('\r\n')
      const received = await exchangeRaw(gateway.port, text, (answer) => answer.includes('hello'))
      expect(received).not.toMatch(/^HTTP\/1\.1 101/)
      expect(gateway.received()).not.toMatch(/upgrade|http2-settings/i)
    }
  })
})

describe('a header that is there twice', () => {
  test.each([
    [
      'Content-Type',
      [
        'POST /orders.add HTTP/1.1',
        HOST,
        JSON_TYPE,
        'content-type: text/plain',
        'Content-Length: 0',
      ],
      400,
    ],
    ['Host', ['GET /orders.hello HTTP/1.1', HOST, 'Host: evil.example.com'], 400],
    [
      'Origin',
      [...GET, 'Origin: https://app.example.com', 'Origin: https://evil.example.com'],
      403,
    ],
    ['Sec-Fetch-Site', [...GET, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'], 403],
    ['the session cookie', [...GET, 'Cookie: __Host-sid=a', 'Cookie: __Host-sid=b'], 400],
  ])('is refused where the two could be read differently: %s', async (_name, lines, status) => {
    expect(await gateway.refusal(lines)).toMatchObject({ status })
    expect(gateway.received()).toBe('')
  })

  test('reaches the service as it came where that does no harm', async () => {
    await namesReceived(['x-a: 1', 'x-a: 2', 'Accept-Language: de', 'accept-language: en'])
    expect(gateway.received().match(/^x-a: [12]\r$/gim)).toHaveLength(2)
  })
})

describe('headers', () => {
  test('that are too large, or too many, are refused or left out and harm nobody', async () => {
    const big = `x-big: ${'x'.repeat(17_000)}`
    expect(await gateway.refusal([...GET, big])).toEqual({
      status: 431,
      code: 'ERR_HEADERS_TOO_LARGE',
    })
    const many = Array.from({ length: 4_000 }, (_, n) => `h${n}: 1`)
    expect(await gateway.refusal([...GET, ...many])).toMatchObject({ status: 431 })
    expect(gateway.received()).toBe('')
    const tiny = Array.from({ length: 2_500 }, () => 'a:')
    expect((await requestRaw(gateway.port, [...GET, ...tiny])).status).toBeLessThan(500)
  })

  test('that are incomplete or expect too much are refused', async () => {
    const invalid = { status: 400, code: 'ERR_HEADERS_INVALID' }
    expect(await gateway.refusal(['GET /orders.hello HTTP/1.1'])).toEqual(invalid)
    expect(await gateway.refusal([...GET, 'Expect: miracles'])).toEqual({
      status: 417,
      code: 'ERR_EXPECTATION_FAILED',
    })
    expect(gateway.received()).toBe('')
  })

  test('with bytes above 127 reach the service as those bytes, and no control character does', async () => {
    await namesReceived(['x-text: caf\xe9 \xff'])
    expect(gateway.received()).toContain('x-text: caf\xe9 \xff\r\n')
    for (const byte of ['\x00', '\x01', '\x08', '\x0b', '\x7f']) {
      gateway.forget()
      await requestRaw(gateway.port, [...GET, `x-text: a${byte}b`])
      expect(gateway.received()).not.toContain(byte)
    }
  })

  test('say where a request came from in the gateway’s words', async () => {
    await namesReceived(['x-forwarded-for: 6.6.6.6'])
    expect(gateway.orders.seen[0]?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'app.example.com',
      'x-forwarded-proto': 'https',
    })
  })
})
