import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exchangeRaw, requestRaw } from '../support/raw-request.ts'
import { HOST, type ProbedGateway, startProbed } from './harness.ts'

let gateway: ProbedGateway

beforeAll(async () => {
  gateway = await startProbed()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.forget())

describe('a target that two readers could take for two things', () => {
  test.each([
    // The comma and the dot, hidden.
    '/orders.hello%2Caccounts.hello?batch=1',
    '/orders.hello%252Caccounts.hello?batch=1',
    '/orders%2Ehello',
    '/orders.hello,accounts.hello',
    '/orders.hello,,accounts.hello?batch=1',
    '/,orders.hello?batch=1',
    '/orders.hello,?batch=1',
    // Another path than it seems.
    '/orders.hello/../accounts.hello',
    '/orders.hello/%2e%2e/accounts.hello',
    '/%2e%2e/orders.hello',
    '/./orders.hello',
    '/\\orders.hello',
    '/orders\\accounts.hello',
    '//evil/orders.hello',
    '//evil.example.com/orders.hello',
    '/trpc/orders.hello',
    '/xxxx/orders.hello',
    '/orders.hello/',
    '/orders..hello',
    '/.orders.hello',
    '/orders.hello;accounts.hello',
    '/orders.hello#?batch=1',
    '/orders.hello%00',
    '/orders.hello%ff',
    '/orders.hello%20',
    '/orders.he\u00e9llo',
    '/',
    '',
    // Whether it is a batch.
    '/orders.hello?b%61tch=1',
    '/orders.hello?batch=0&batch=1',
    '/orders.hello?batch=1&batch=0',
    '/orders.hello?batch=1&batch=1',
    '/orders.hello?batch=%31',
    '/orders.hello?batch=true',
    '/orders.hello?batch',
    '/orders.hello?batch=',
    '/orders.hello?batch=1#',
    '/orders.hello?x=1?batch=1&\\',
    // Which input.
    '/orders.hello?input=1&input=2',
    '/orders.hello?input=%',
    '/orders.hello?input=%zz',
    '/orders.hello?inp%75t=1',
    '/orders.hello?&input=1',
    // Another form of target.
    'http://evil.example.com/orders.hello',
    'http://app.example.com/orders.hello',
    'orders.hello',
    '*',
  ])('%s is refused before any service sees it', async (target) => {
    const lines = [`GET ${target} HTTP/1.1`, HOST, gateway.cookie]
    expect(await gateway.refusal(lines)).toMatchObject({ status: 400 })
    expect(gateway.received()).toBe('')
  })

  test('that names a service in another way than exactly is of none', async () => {
    for (const path of [
      ...['Orders.hello', 'orders-x.hello', 'ordersx.hello', 'order.hello', '$orders.hello'],
      ...['nobody.home', 'constructor.x', '__proto__', 'toString', 'hasOwnProperty.call'],
    ]) {
      const lines = [`GET /${path} HTTP/1.1`, HOST, gateway.cookie]
      expect(await gateway.refusal(lines)).toEqual({ status: 404, code: 'ERR_SERVICE_UNKNOWN' })
    }
    expect(gateway.received()).toBe('')
  })

  test('is not what is forwarded: a service gets one that the gateway wrote', async () => {
    for (const [came, forwarded] of [
      ['/orders.hello', '/orders.hello'],
      ['/orders.hello?', '/orders.hello'],
      ['/orders.echo?input=%7b%22a%22:1%7d', '/orders.echo?input=%7b%22a%22:1%7d'],
      ['/orders.hello?input=%7B%7D&batch=1&x=1', '/orders.hello?x=1&batch=1&input=%7B%7D'],
      ['/orders.hello?x=1;batch=1', '/orders.hello?x=1;batch=1'],
      ['/orders.hello?BATCH=1', '/orders.hello?BATCH=1'],
    ]) {
      gateway.forget()
      await requestRaw(gateway.port, [`GET ${came} HTTP/1.1`, HOST])
      expect(gateway.received()).toMatch(/^GET (\S+) HTTP\/1\.1\r\n/)
      expect(gateway.received().split(' ')[1]).toBe(forwarded)
      expect(gateway.orders.seen.map(({ url }) => url)).toEqual([forwarded])
    }
  })

  test('of a batch goes to each service with the calls of that service alone', async () => {
    const target =
      '/orders.hello,accounts.echo,orders.echo?batch=1&input=%7B%221%22%3A1%2C%222%22%3A2%7D'
    const { status } = await requestRaw(gateway.port, [`GET ${target} HTTP/1.1`, HOST])
    expect(status).toBe(200)
    expect(gateway.orders.seen.map(({ url }) => url)).toEqual([
      '/orders.hello,orders.echo?batch=1&input=%7B%221%22%3A2%7D',
    ])
    expect(gateway.accounts.seen.map(({ url }) => url)).toEqual([
      '/accounts.echo?batch=1&input=%7B%220%22%3A1%7D',
    ])
  })
})

describe('a URL', () => {
  test('of 17,000 characters is refused as tRPC refuses, and so is one above the limit', async () => {
    const line = (length: number) => `GET /orders.hello?input=${'1'.repeat(length - 20)} HTTP/1.1`
    expect(await gateway.refusal([line(17_000), HOST])).toEqual({
      status: 431,
      code: 'ERR_HEADERS_TOO_LARGE',
    })
    expect(await gateway.refusal([line(15_000), HOST])).toEqual({
      status: 414,
      code: 'ERR_TARGET_TOO_LONG',
    })
    expect(gateway.received()).toBe('')
    const longest = `GET /orders.hello?x=${'1'.repeat(14_336 - 16)} HTTP/1.1`
    expect((await requestRaw(gateway.port, [longest, HOST])).status).toBe(200)
  })

  test('of very many calls reaches nobody', async () => {
    const commas = `GET /orders.a${',orders.a'.repeat(1_500)}?batch=1 HTTP/1.1`
    expect(await gateway.refusal([commas, HOST])).toEqual({
      status: 400,
      code: 'ERR_BATCH_TOO_LARGE',
    })
    expect(gateway.received()).toBe('')
  })
})

describe('a method', () => {
  test('that tRPC does not have is refused, and HEAD is answered without a service', async () => {
    const head = await requestRaw(gateway.port, ['HEAD /orders.hello HTTP/1.1', HOST])
    expect(head.status).toBe(204)
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const lines = [`${method} /orders.hello HTTP/1.1`, HOST]
      // Like tRPC, which looks at the content type first.
      expect(await gateway.refusal(lines)).toEqual({
        status: 415,
        code: 'ERR_CONTENT_TYPE_UNSUPPORTED',
      })
      expect(await gateway.refusal([...lines, 'Content-Type: application/json'])).toEqual({
        status: 405,
        code: 'ERR_METHOD_NOT_SUPPORTED',
      })
    }
    expect(gateway.received()).toBe('')
  })

  test.each([
    ['CONNECT', `CONNECT accounts.example.com:80 HTTP/1.1\r\n${HOST}\r\n\r\n`],
    ['an upgrade to HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no method', `/orders.hello HTTP/1.1\r\n${HOST}\r\n\r\n`],
    ['HTTP/0.9', 'GET /orders.hello\r\n\r\n'],
    ['another version', `GET /orders.hello HTTP/3.7\r\n${HOST}\r\n\r\n`],
    ['TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'],
    [
      'bytes',
      Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 37) % 256)).toString('latin1'),
    ],
  ])('that is %s reaches no service and ends the connection', async (_what, bytes) => {
    const received = await exchangeRaw(gateway.port, Buffer.from(bytes, 'latin1'))
    expect(received).toMatch(/^(|HTTP\/1\.1 4\d\d .*)$/s)
    expect(gateway.received()).toBe('')
  })
})
