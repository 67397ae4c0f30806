import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exchangeRaw, requestRaw } from './support/raw-request.ts'
import { SESSION_COOKIE, type StartedDataPath, startDataPath } from './support/start-data-path.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

let orders: Upstream
let gateway: StartedDataPath

beforeAll(async () => {
  orders = await startUpstream('orders')
  gateway = await startDataPath({
    services: { orders: { url: orders.url, bodyLimitBytes: 100_000 } },
    limits: { headersTimeoutMs: 1_000, requestTimeoutMs: 2_000 },
  })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await orders[Symbol.asyncDispose]()
})
beforeEach(() => {
  orders.seen.length = 0
})

const HOST = 'Host: app.example.com'
const JSON_TYPE = 'Content-Type: application/json'

async function refusal(lines: readonly string[], body = '') {
  const answer = await requestRaw(gateway.port, lines, body)
  const { error } = JSON.parse(answer.body) as {
    error: { message: string; data: { code: string; portcullis: { code: string } } }
  }
  expect(typeof error.message).toBe('string')
  return { status: answer.status, code: error.data.portcullis.code }
}

describe('the path', () => {
  test.each([
    '/orders.hello%2Corders.fail?batch=1',
    '/pub.a/../orders.hello',
    '/%2e%2e/orders.hello',
    '/\\orders.hello',
    '//evil/orders.hello',
    '/trpc/orders.hello',
    '/orders.hello?b%61tch=1',
    '/orders.hello?batch=0&batch=1',
    '/orders..hello',
    '/orders.hello/',
    'http://evil/orders.hello',
    '/orders.hello?input=%',
  ])('%s is refused before any service sees it', async (path) => {
    expect(await refusal([`GET ${path} HTTP/1.1`, HOST])).toEqual({
      status: 400,
      code: 'ERR_TARGET_INVALID',
    })
    expect(orders.seen).toEqual([])
  })

  test('of no service is not found', async () => {
    for (const path of ['/nobody.home', '/constructor.x', '/__proto__']) {
      expect(await refusal([`GET ${path} HTTP/1.1`, HOST])).toEqual({
        status: 404,
        code: 'ERR_SERVICE_UNKNOWN',
      })
    }
  })

  test('is answered to HEAD without a service, and other methods are refused', async () => {
    const head = await requestRaw(gateway.port, ['HEAD /orders.hello HTTP/1.1', HOST])
    expect(head.status).toBe(204)
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      expect(await refusal([`${method} /orders.hello HTTP/1.1`, HOST])).toEqual({
        status: 405,
        code: 'ERR_METHOD_NOT_SUPPORTED',
      })
    }
    expect(orders.seen).toEqual([])
  })
})

describe('headers', () => {
  test('by which a client could pose as the gateway never reach a service', async () => {
    const spoofed = [
      'X-Portcullis-Context: forged',
      'x-portcullis-assertion: forged',
      'X_Portcullis_Context: forged',
      'x-user-id: usr_root',
      'X-User-Roles: system:admin',
      'x_user_id: usr_root',
      'x-org-id: org_other',
      'X_Org_Id: org_other',
      'x-forwarded-for: 6.6.6.6',
      'x-forwarded-host: evil',
      'forwarded: for=6.6.6.6',
      'x-real-ip: 6.6.6.6',
      'te: trailers',
      'keep-alive: timeout=5',
      'proxy-authorization: Basic x',
      'x-private: dropped',
      'x-kept: kept',
    ]
    const answer = await exchangeRaw(
      gateway.port,
      ['GET /orders.hello HTTP/1.1', HOST, ...spoofed, 'Connection: close, X-Private', '', ''].join(
        '\r\n',
      ),
    )
    expect(answer).toContain('200 OK')
    const [seen] = orders.seen
    const names = seen?.rawHeaders.filter((_, index) => index % 2 === 0) ?? []
    expect(names.map((name) => name.toLowerCase()).sort()).toEqual([
      'connection',
      'host',
      'traceparent',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-kept',
      'x-request-id',
    ])
    expect(seen?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'app.example.com',
    })
  })

  test('that are too large are refused', async () => {
    const big = `x-big: ${'x'.repeat(17_000)}`
    expect(await refusal(['GET /orders.hello HTTP/1.1', HOST, big])).toEqual({
      status: 431,
      code: 'ERR_HEADERS_TOO_LARGE',
    })
    const url = `/orders.hello?input=${'1'.repeat(15_000)}`
    expect(await refusal([`GET ${url} HTTP/1.1`, HOST])).toEqual({
      status: 414,
      code: 'ERR_TARGET_TOO_LONG',
    })
  })

  test('that carry the session twice are refused', async () => {
    for (const cookies of [
      [`Cookie: ${SESSION_COOKIE}; ${SESSION_COOKIE}`],
      [`Cookie: ${SESSION_COOKIE}`, 'Cookie: __Host-sid=other'],
    ]) {
      expect(await refusal(['GET /orders.hello HTTP/1.1', HOST, ...cookies])).toEqual({
        status: 400,
        code: 'ERR_COOKIE_DUPLICATE',
      })
    }
  })

  test('that are incomplete or expect too much are refused', async () => {
    expect(await refusal(['GET /orders.hello HTTP/1.1'])).toEqual({
      status: 400,
      code: 'ERR_HEADERS_INVALID',
    })
    expect(await refusal(['GET /orders.hello HTTP/1.1', HOST, 'Expect: miracles'])).toEqual({
      status: 417,
      code: 'ERR_EXPECTATION_FAILED',
    })
  })

  test('with two content types are refused', async () => {
    const lines = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'content-type: text/plain']
    expect(await refusal([...lines, 'Content-Length: 0'])).toEqual({
      status: 400,
      code: 'ERR_HEADERS_INVALID',
    })
  })
})

describe('a page of another site', () => {
  const post = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 8']

  test.each([
    ['Origin: https://evil.example.com'],
    ['Origin: null'],
    ['Sec-Fetch-Site: cross-site'],
    ['Sec-Fetch-Site: same-site'],
  ])('cannot call: %s', async (header) => {
    const refused = { status: 403, code: 'ERR_ORIGIN_REFUSED' }
    expect(await refusal([...post, header], '{"by":1}')).toEqual(refused)
    expect(await refusal(['GET /orders.hello HTTP/1.1', HOST, header])).toEqual(refused)
    expect(orders.seen).toEqual([])
  })

  test('cannot send a form, and nobody can without an origin', async () => {
    const form = ['POST /orders.upload HTTP/1.1', HOST, 'Content-Length: 0']
    const multipart = 'Content-Type: multipart/form-data; boundary=x'
    expect(await refusal([...form, multipart])).toEqual({
      status: 403,
      code: 'ERR_ORIGIN_REFUSED',
    })
    for (const type of ['Content-Type: text/plain', 'Content-Type: constructor', 'x-none: 1']) {
      expect(await refusal([...form, type])).toEqual({
        status: 415,
        code: 'ERR_CONTENT_TYPE_UNSUPPORTED',
      })
    }
  })

  test.each(['Origin: https://app.example.com', 'Origin: https://admin.example.com'])(
    'is not what sends %s',
    async (origin) => {
      const answer = await requestRaw(gateway.port, [...post, origin], '{"by":1}')
      expect(answer.status).toBe(200)
    },
  )
})

describe('a body', () => {
  test('that announces or turns out to have more than allowed is refused', async () => {
    const announced = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 100001']
    const tooLarge = { status: 413, code: 'ERR_BODY_TOO_LARGE' }
    expect(await refusal(announced)).toEqual(tooLarge)
    expect(orders.seen).toEqual([])
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const chunked = [
      'POST /orders.bytes HTTP/1.1',
      HOST,
      'Content-Type: application/octet-stream',
      'Transfer-Encoding: chunked',
    ]
    expect(await refusal(chunked, chunk.repeat(8))).toEqual(tooLarge)
  })

  test('that does not arrive in time ends the request', async () => {
    const received = await exchangeRaw(
      gateway.port,
      ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 8', '', '{"by'].join('\r\n'),
    )
    expect(received).toContain('HTTP/1.1 408')
    expect(received).toContain('ERR_REQUEST_TIMEOUT')
  })

  test('of a GET is not forwarded', async () => {
    const lines = ['GET /orders.hello HTTP/1.1', HOST, 'Content-Length: 5']
    const answer = await requestRaw(gateway.port, lines, 'hello')
    expect(answer.status).toBe(200)
    expect(orders.seen[0]?.headers).not.toHaveProperty('content-length')
  })
})

describe('two readings of one message', () => {
  const smuggled = 'GET /orders.fail HTTP/1.1\r\nHost: x\r\n\r\n'

  test.each([
    ['content-length and transfer-encoding', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['two content-lengths', ['Content-Length: 0', `Content-Length: ${smuggled.length}`]],
    ['an unknown transfer-encoding', ['Transfer-Encoding: xchunked']],
    ['a space before the colon', ['Content-Length : 5']],
    ['a folded header', ['x-a: 1', ' Transfer-Encoding: chunked']],
    ['a bare line feed', ['x-a: 1\nTransfer-Encoding: chunked']],
  ])('are not possible: %s', async (_name, odd) => {
    const head = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, ...odd, '', smuggled].join('\r\n')
    const received = await exchangeRaw(gateway.port, head)
    expect(received).toMatch(/^HTTP\/1\.1 400 /)
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(orders.seen.map(({ url }) => url)).not.toContain('/orders.fail')
  })

  test('garbage behind an answer in progress does not get into it', async () => {
    const received = await exchangeRaw(
      gateway.port,
      `GET /orders.flood?input=3000000 HTTP/1.1\r\n${HOST}\r\n\r\nGARBAGE\r\n\r\n`,
    )
    expect(received.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThan(2)
  })

  test('a client that sends half a request and leaves harms nobody', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () => {
        socket.write(`POST /orders.add HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nContent-Le`)
        socket.destroy()
      })
      socket.on('close', () => resolve())
    })
    const answer = await requestRaw(gateway.port, ['GET /orders.hello HTTP/1.1', HOST])
    expect(answer.status).toBe(200)
  })
})
