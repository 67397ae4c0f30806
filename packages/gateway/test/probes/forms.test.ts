import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { requestRaw } from '../support/raw-request.ts'
import { HOST, JSON_TYPE, ORIGIN, type ProbedGateway, startProbed } from './harness.ts'

let gateway: ProbedGateway

beforeAll(async () => {
  gateway = await startProbed()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.forget())

const REFUSED = { status: 403, code: 'ERR_ORIGIN_REFUSED' }
const MULTIPART = 'Content-Type: multipart/form-data; boundary=x'
const FORM = '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\na form\r\n--x--\r\n'
const form = (path: string, length = FORM.length) => [
  `POST ${path} HTTP/1.1`,
  HOST,
  gateway.cookie,
  `Content-Length: ${length}`,
]

/** What browsers send along with a form or a script of another page. */
const FOREIGN = [
  ['Origin: https://evil.example.com'],
  ['Origin: https://app.example.com.evil.example.com'],
  ['Origin: https://sibling.example.com'],
  ['Origin: http://app.example.com'],
  ['Origin: https://app.example.com:444'],
  ['Origin: HTTPS://APP.EXAMPLE.COM'],
  ['Origin: null'],
  ['Origin: '],
  ['Sec-Fetch-Site: cross-site'],
  ['Sec-Fetch-Site: same-site'],
  ['Sec-Fetch-Site: nonsense'],
]

describe('a page of another site', () => {
  test.each(FOREIGN)('can call nothing with a visitor’s cookie: %s', async (header) => {
    const post = ['POST /orders.add HTTP/1.1', HOST, gateway.cookie, JSON_TYPE, 'Content-Length: 8']
    expect(await gateway.refusal([...post, header], '{"by":1}')).toEqual(REFUSED)
    expect(await gateway.refusal([...GET, gateway.cookie, header])).toEqual(REFUSED)
    expect(await gateway.refusal([...form('/orders.upload'), MULTIPART, header], FORM)).toEqual(
      REFUSED,
    )
    const own = form('/session.signOut', 0)
    expect(await gateway.refusal([...own, MULTIPART, header])).toEqual(REFUSED)
    expect(gateway.received()).toBe('')
  })

  test('cannot sign anybody out with a form, whatever it says or leaves out', async () => {
    for (const type of [MULTIPART, 'Content-Type: MULTIPART/Form-Data; boundary=x']) {
      expect(await gateway.refusal([...form('/orders.upload'), type], FORM)).toEqual(REFUSED)
      const referer = 'Referer: https://app.example.com/'
      expect(await gateway.refusal([...form('/orders.upload'), type, referer], FORM)).toEqual(
        REFUSED,
      )
      expect(await gateway.refusal([...form('/session.signOut'), type], FORM)).toEqual(REFUSED)
    }
    expect(gateway.received()).toBe('')
    expect((await requestRaw(gateway.port, [...ME, gateway.cookie])).body).toContain('usr_ada')
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'text/plain; application/json',
    'text/plain, application/json',
    'application/jsonx',
    'application/vnd.api+json',
    'constructor',
    '',
  ])('cannot send what needs no question first: %s', async (type) => {
    for (const path of ['/orders.add', '/session.signOut']) {
      expect(
        await gateway.refusal([...form(path, 8), `Content-Type: ${type}`], '{"by":1}'),
      ).toEqual({
        status: 415,
        code: 'ERR_CONTENT_TYPE_UNSUPPORTED',
      })
    }
    expect(gateway.received()).toBe('')
  })

  test('cannot do without a content type', async () => {
    expect(await gateway.refusal(form('/orders.add', 8), '{"by":1}')).toMatchObject({ status: 415 })
    expect(gateway.received()).toBe('')
  })

  test('cannot change anything with a link: a mutation by GET is refused', async () => {
    const lines = [`GET /orders.add?input=${encodeURIComponent('{"by":1}')} HTTP/1.1`, HOST]
    const answer = await requestRaw(gateway.port, [
      ...lines,
      gateway.cookie,
      'Sec-Fetch-Site: none',
    ])
    expect(answer.status).toBe(405)
    const own = ['GET /session.signOut HTTP/1.1', HOST, gateway.cookie, 'Sec-Fetch-Site: none']
    expect((await requestRaw(gateway.port, own)).status).toBe(405)
    expect((await requestRaw(gateway.port, [...ME, gateway.cookie])).body).toContain('usr_ada')
  })
})

const GET = ['GET /orders.hello HTTP/1.1', HOST]
const ME = ['GET /session.me HTTP/1.1', HOST]

describe('the installation’s own pages', () => {
  test.each([[ORIGIN], ['Origin: https://admin.example.com'], ['Sec-Fetch-Site: same-origin']])(
    'can send forms and JSON: %s',
    async (header) => {
      const post = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 8', header]
      expect((await requestRaw(gateway.port, post, '{"by":1}')).status).toBe(200)
      const file = FORM.replace(
        '--x--',
        '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nfile\r\n--x--',
      )
      const sent = await requestRaw(
        gateway.port,
        [...form('/orders.upload', file.length), MULTIPART, header],
        file,
      )
      expect(sent.status).toBe(200)
      expect(sent.body).toContain('"title":"a form"')
      expect(gateway.received()).toContain(file)
    },
  )
})
