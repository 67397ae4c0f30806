import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { requestRaw } from '../support/raw-request.ts'
import { HOST, type ProbedGateway, startProbed } from './harness.ts'

let gateway: ProbedGateway

beforeAll(async () => {
  gateway = await startProbed()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.forget())

const ask = (...lines: string[]) =>
  requestRaw(gateway.port, ['GET /orders.hello HTTP/1.1', HOST, ...lines])

const cookiesReceived = () =>
  [...gateway.received().matchAll(/^cookie: (.*)\r$/gim)].map(([, value]) => value)
const contextsReceived = () => gateway.received().match(/^x-portcullis-context: /gim) ?? []

describe('a session cookie', () => {
  test('of any content that was not issued here is nobody and is forgotten', async () => {
    const token = gateway.cookie.slice('Cookie: __Host-sid='.length)
    for (const value of [
      ...[
        '',
        'x',
        '%',
        '%00',
        '%ZZ',
        '"',
        '""',
        `"${token}"`,
        '{}',
        '../../etc',
        'null',
        '\xff\xfe',
      ],
      ...['A'.repeat(47), `${token}A`, token.slice(1), token.toLowerCase(), `${token} `.repeat(2)],
      ...['A'.repeat(8_000), `${token}, ${token}`, '=', `=${token}`, '__proto__', 'a\tb'],
    ]) {
      gateway.forget()
      const answer = await ask(`Cookie: __Host-sid=${value}`)
      expect(answer.status).toBe(200)
      expect(answer.head).toContain('__Host-sid=; Path=/; HttpOnly; Secure')
      expect(contextsReceived()).toEqual([])
      expect(gateway.received()).not.toContain('sid')
    }
  })

  test('under a name that is not exactly its own is somebody else’s cookie', async () => {
    const token = gateway.cookie.slice('Cookie: __Host-sid='.length)
    for (const name of [
      '__host-sid',
      '__HOST-SID',
      'sid',
      '__Secure-sid',
      '__Host-sid2',
      '__Host-sid[]',
    ]) {
      gateway.forget()
      const answer = await ask(`Cookie: ${name}=${token}`)
      expect(answer.status).toBe(200)
      expect(contextsReceived()).toEqual([])
      expect(cookiesReceived()).toEqual([`${name}=${token}`])
    }
  })

  test('that is there twice is refused, in one header or in two, also if one of them is good', async () => {
    const good = gateway.cookie.slice('Cookie: '.length)
    for (const cookies of [
      [`Cookie: ${good}; ${good}`],
      [`Cookie: ${good}; __Host-sid=x`],
      [`Cookie: __Host-sid=; ${good}`],
      [`Cookie: __Host-sid =x; ${good}`],
      [`Cookie: ${good}`, `Cookie: ${good}`],
      [`Cookie: a=1`, `Cookie: ${good};b=2;__Host-sid=y`],
    ]) {
      expect(await gateway.refusal(['GET /orders.hello HTTP/1.1', HOST, ...cookies])).toEqual({
        status: 400,
        code: 'ERR_COOKIE_DUPLICATE',
      })
    }
    expect(gateway.received()).toBe('')
  })

  test('with a NUL or a line break in it ends with its request', async () => {
    for (const value of ['\x00', 'a\x00b', 'a\rb', 'a\nx-user-id: usr_root']) {
      const { status } = await ask(`Cookie: __Host-sid=${value}`)
      expect(status).toBe(400)
    }
    expect(gateway.received()).toBe('')
  })

  test('is found among others, and they reach the service without it', async () => {
    const good = gateway.cookie.slice('Cookie: '.length)
    for (const [header, rest] of [
      [`a=1; ${good}; b=2`, 'a=1; b=2'],
      [`a=1;${good};b="x;y"`, 'a=1; b="x; y"'],
      [`; ;${good};;`, undefined],
      [`flag; ${good}`, 'flag'],
    ] as const) {
      gateway.forget()
      expect((await ask(`Cookie: ${header}`)).status).toBe(200)
      expect(contextsReceived()).toHaveLength(1)
      expect(cookiesReceived()).toEqual(rest === undefined ? [] : [rest])
    }
  })

  test('whatever a Cookie header holds, the answer is a plain one and the session stays here', async () => {
    const good = gateway.cookie.slice('Cookie: '.length)
    const piece = fc.oneof(
      fc.constantFrom(good, '__Host-sid', '__Host-sid=', '=', ';', ' ', '"', '%', '\t', ','),
      fc.string({
        unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        gateway.forget()
        const { status } = await ask(`Cookie: ${pieces.join(';')}`)
        expect([200, 400]).toContain(status)
        const token = good.slice('__Host-sid='.length)
        if (status === 200) expect(gateway.received()).not.toContain(`__Host-sid=${token}`)
      }),
      { numRuns: 300, seed: 20_261_126 },
    )
  })
})
