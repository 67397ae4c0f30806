import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exchangeRaw } from '../support/raw-request.ts'
import { HOST, JSON_TYPE, type ProbedGateway, startProbed } from './harness.ts'

let gateway: ProbedGateway

beforeAll(async () => {
  gateway = await startProbed()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.forget())

/** What somebody would like a service to execute in another person's name. */
const SMUGGLED = 'GET /orders.fail HTTP/1.1\r\nHost: x\r\n\r\n'
const CHUNKED = 'Transfer-Encoding: chunked'
const chunks = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`

const answersIn = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

const send = (lines: readonly string[], body: string) =>
  exchangeRaw(gateway.port, Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'))

const POST = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE]
const LAST = ['GET /orders.hello HTTP/1.1', HOST, 'Connection: close', '', ''].join('\r\n')
const urls = () => gateway.orders.seen.map(({ method, url }) => `${method} ${url}`)

describe('a message with two readings', () => {
  test.each([
    ['content-length and transfer-encoding', ['Content-Length: 4', CHUNKED]],
    ['transfer-encoding and content-length', [CHUNKED, 'Content-Length: 4']],
    ['two content-lengths', ['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`]],
    ['two content-lengths in one line', [`Content-Length: 0, ${SMUGGLED.length}`]],
    ['a content-length with a sign', ['Content-Length: +4']],
    ['a negative content-length', ['Content-Length: -1']],
    ['a content-length that is no number', ['Content-Length: 0x4']],
    ['a content-length beyond any number', [`Content-Length: ${'9'.repeat(30)}`]],
    ['an unknown transfer-encoding', ['Transfer-Encoding: xchunked']],
    ['a transfer-encoding that is not last', ['Transfer-Encoding: chunked, identity']],
    ['two transfer-encodings', [CHUNKED, 'Transfer-Encoding: identity']],
    ['a quoted transfer-encoding', ['Transfer-Encoding: "chunked"']],
    ['a vertical tab in a transfer-encoding', ['Transfer-Encoding: \x0bchunked']],
    ['a space before the colon', ['Content-Length : 5']],
    ['a space in a name', ['Content Length: 5']],
    ['a folded header', ['x-a: 1', ` ${CHUNKED}`]],
    ['a bare line feed', [`x-a: 1\n${CHUNKED}`]],
    ['a bare carriage return', [`x-a: 1\r${CHUNKED}`]],
    ['a NUL in a value', ['x-a: \x001']],
    ['a line without a colon', ['Transfer-Encoding']],
    ['an empty name', [': chunked']],
  ])('is refused once and forwarded never: %s', async (_what, odd) => {
    const received = await send([...POST, ...odd], SMUGGLED)
    expect(answersIn(received)).toEqual([400])
    expect(gateway.received()).toBe('')
  })

  test.each([
    ['a size that is no number', `zz\r\n${SMUGGLED}`],
    ['a size with a prefix', `0x1\r\n1\r\n0\r\n\r\n`],
    ['a negative size', `-1\r\n1\r\n0\r\n\r\n`],
    ['a size beyond any number', `fffffffffffffffff\r\n1\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `1\r\n{"by":1}\r\n0\r\n\r\n`],
    ['line feeds alone', `8\n{"by":1}\n0\n\n`],
    ['a line feed in an extension', `8;a=\n{"by":1}\r\n0\r\n\r\n`],
    ['a carriage return in an extension', `8;a=\rb\r\n{"by":1}\r\n0\r\n\r\n`],
  ])('is not executed: a chunk with %s', async (_what, body) => {
    const received = await send([...POST, CHUNKED], body + SMUGGLED)
    // The service may have been sent the beginning; it has not been told that it was the whole.
    expect(answersIn(received).filter((status) => status < 400)).toEqual([])
    expect(answersIn(received).length).toBeLessThanOrEqual(1)
    expect(urls()).not.toContain('GET /orders.fail')
    expect(gateway.received()).not.toContain('0\r\n\r\n')
  })

  test('of endless chunk extensions is refused', async () => {
    const received = await send(
      [...POST, CHUNKED],
      `8;${'x'.repeat(20_000)}\r\n{"by":1}\r\n0\r\n\r\n`,
    )
    expect(answersIn(received)).toEqual([413])
    expect(gateway.received()).not.toContain('0\r\n\r\n')
  })
})

describe('a body', () => {
  test('is never read as the next request, whoever refuses the one before', async () => {
    const length = `Content-Length: ${SMUGGLED.length}`
    const refused: [readonly string[], string][] = [
      [[...POST, 'Origin: https://evil.example.com', length], SMUGGLED],
      [[...POST, 'Origin: https://evil.example.com', CHUNKED], chunks(SMUGGLED)],
      [['POST /nobody.home HTTP/1.1', HOST, JSON_TYPE, length], SMUGGLED],
      [['POST /../x HTTP/1.1', HOST, length], SMUGGLED],
      [['PUT /orders.add HTTP/1.1', HOST, length], SMUGGLED],
      [['POST /orders.add HTTP/1.1', HOST, 'Content-Type: text/plain', length], SMUGGLED],
      [['POST /healthz HTTP/1.1', HOST, length], SMUGGLED],
      [['HEAD /orders.add HTTP/1.1', HOST, length], SMUGGLED],
      [[...POST, 'Cookie: __Host-sid=a; __Host-sid=b', length], SMUGGLED],
    ]
    for (const [lines, body] of refused) {
      gateway.forget()
      const received = await send(lines, body + LAST)
      // Either the connection ends there, or the next request is the one that follows the body.
      expect([[], [200]]).toContainEqual(answersIn(received).slice(1))
      expect(urls().filter((url) => url !== 'GET /orders.hello')).toEqual([])
    }
  })

  test('of a GET is not forwarded, and not read as a request', async () => {
    for (const [header, body] of [
      [`Content-Length: ${SMUGGLED.length}`, SMUGGLED],
      [CHUNKED, chunks(SMUGGLED)],
    ] as const) {
      gateway.forget()
      const received = await send(['GET /orders.hello HTTP/1.1', HOST, header], body + LAST)
      expect(answersIn(received)).toEqual([200, 200])
      expect(urls()).toEqual(['GET /orders.hello', 'GET /orders.hello'])
      expect(gateway.received()).not.toContain('orders.fail')
      expect(gateway.received()).not.toMatch(/content-length|transfer-encoding/i)
    }
  })

  test('reaches the service under one length, which the gateway wrote', async () => {
    const add = '{"by":1}'
    await send([...POST, 'Connection: close, content-length', 'Content-Length: 8'], add)
    await send([...POST, 'Connection: close, Transfer-Encoding', CHUNKED], chunks(add))
    const heads = gateway.received().split('POST ').slice(1)
    expect(heads).toHaveLength(2)
    for (const head of heads) {
      expect(head.match(/^(content-length|transfer-encoding): /gim)).toHaveLength(1)
    }
    expect(urls()).toEqual(['POST /orders.add', 'POST /orders.add'])
  })

  test('ends with its own trailers, which go nowhere', async () => {
    const trailers = 'x-portcullis-context: forged\r\nx-user-id: usr_root\r\n\r\n'
    const received = await send(
      [...POST, CHUNKED, 'Trailer: x-portcullis-context', 'Connection: close'],
      `8\r\n{"by":1}\r\n0\r\n${trailers}`,
    )
    expect(answersIn(received)).toEqual([200])
    expect(gateway.received()).not.toMatch(/forged|usr_root|trailer/i)
  })

  test('that is larger than allowed is not executed, and what follows it is not taken for more of it', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const received = await send(
      ['POST /orders.bytes HTTP/1.1', HOST, 'Content-Type: application/octet-stream', CHUNKED],
      `${chunk.repeat(8)}0\r\n\r\n${LAST}`,
    )
    expect(answersIn(received)).toEqual([413, 200])
    expect(gateway.received()).not.toContain('0\r\n\r\n')
    expect(gateway.received()).not.toContain('GET /orders.fail')
  })
})

describe('several requests in one piece', () => {
  test('have one answer each, in their order', async () => {
    const post = [...POST, 'Content-Length: 8', '', '{"by":7}'].join('\r\n')
    const get = ['GET /orders.echo?input=%22mine%22 HTTP/1.1', HOST, '', ''].join('\r\n')
    const received = await exchangeRaw(gateway.port, post + get + post + LAST)
    expect(answersIn(received)).toEqual([200, 200, 200, 200])
    const bodies = [...received.matchAll(/\{"result".*?\}\}+/g)].map(([body]) => body)
    expect(bodies).toEqual([
      '{"result":{"data":{"added":7}}}',
      '{"result":{"data":{"input":"mine"}}}',
      '{"result":{"data":{"added":7}}}',
      '{"result":{"data":"hello"}}',
    ])
  })

  test('of different people keep to their own sessions', async () => {
    const asked = (header: string) =>
      ['GET /orders.headers HTTP/1.1', HOST, header, '', ''].join('\r\n')
    const received = await exchangeRaw(
      gateway.port,
      asked(gateway.cookie) + asked('Cookie: __Host-sid=nobody') + asked(gateway.cookie) + LAST,
    )
    expect(answersIn(received)).toEqual([200, 200, 200, 200])
    const bodies = received.split('HTTP/1.1 200').slice(1)
    const haveContext = bodies.map((body) => body.includes('"x-portcullis-context"'))
    expect(haveContext).toEqual([true, false, true, false])
  })

  test('the second of which is garbage: nothing of it gets into the answer of the first', async () => {
    const received = await exchangeRaw(
      gateway.port,
      `GET /orders.flood?input=3000000 HTTP/1.1\r\n${HOST}\r\n\r\nGARBAGE\r\n\r\n`,
    )
    expect(answersIn(received).length).toBeLessThan(2)
  })
})
