import { connect, type Socket } from 'node:net'
import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectionsOf } from '../support/connections-of.ts'
import { exchangeRaw, requestRaw } from '../support/raw-request.ts'
import { HOST, JSON_TYPE, type ProbedGateway, startProbed } from './harness.ts'

let gateway: ProbedGateway

beforeAll(async () => {
  gateway = await startProbed({
    limits: { headersTimeoutMs: 500, requestTimeoutMs: 1_000, clientConnections: 120 },
  })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(() => gateway.forget())

const GET = ['GET /orders.hello HTTP/1.1', HOST]

/** A client that never finishes: a few bytes at once, then one every 50 ms. Resolves when it has been cut off. */
function drip(first: string, endless: string): Promise<{ received: string; sentBytes: number }> {
  return new Promise((resolve) => {
    let received = ''
    let sentBytes = 0
    const socket: Socket = connect(gateway.port, '127.0.0.1', () => socket.write(first))
    const timer = setInterval(() => {
      if (socket.writable) socket.write(endless[sentBytes++ % endless.length] as string)
    }, 50)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ received, sentBytes })
    })
  })
}

describe('a client that sends one byte at a time', () => {
  test('is cut off, by a hundred at once, while others are served', async () => {
    const head = `GET /orders.fail HTTP/1.1\r\n${HOST}\r\n`
    const slow = Array.from({ length: 100 }, () => drip(head, 'x-a: b\r\n'))
    const served: number[] = []
    let areGone = false
    const all = Promise.all(slow).finally(() => {
      areGone = true
    })
    while (!areGone) served.push((await requestRaw(gateway.port, GET)).status)
    for (const { received } of await all) expect(received).toMatch(/^(HTTP\/1\.1 408 |$)/)
    expect(served.length).toBeGreaterThan(20)
    expect(new Set(served)).toEqual(new Set([200]))
    expect(gateway.received()).not.toContain('orders.fail')
  })

  test('of a body is cut off as well, and its service is not left waiting', async () => {
    const json = ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 60000', '', '{']
    const bytes = [
      ...['POST /orders.bytes HTTP/1.1', HOST, 'Content-Type: application/octet-stream'],
      ...['Transfer-Encoding: chunked', '', '8\r\n12345678\r\nffff\r\n'],
    ]
    const ends = await Promise.all([drip(json.join('\r\n'), '1'), drip(bytes.join('\r\n'), '0')])
    for (const { received } of ends) expect(received).toMatch(/^(HTTP\/1\.1 408 |$)/)
    expect(gateway.orders.seen.map(({ url }) => url)).not.toContain('/orders.add')
    expect(gateway.received()).not.toContain('0\r\n\r\n')
    await eventually(async () => expect(await connectionsOf(gateway.orders.server)).toBe(0))
  })

  test('is told so', async () => {
    const received = await exchangeRaw(
      gateway.port,
      ['POST /orders.add HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 8', '', '{"by'].join('\r\n'),
    )
    expect(received).toContain('HTTP/1.1 408')
    expect(received).toContain('ERR_REQUEST_TIMEOUT')
    expect(gateway.received()).toBe('')
  })
})

test('more connections than allowed are refused at once, and there is room again when others leave', async () => {
  const held = await Promise.all(
    Array.from({ length: 120 }, () => {
      return new Promise<Socket>((resolve, reject) => {
        const socket: Socket = connect(gateway.port, '127.0.0.1', () => resolve(socket))
        socket.on('error', reject)
      })
    }),
  )
  const one = exchangeRaw(gateway.port, `${GET.join('\r\n')}\r\n\r\n`)
  await expect(one.catch(() => 'reset')).resolves.toMatch(/^(reset)?$/)
  for (const socket of held) socket.destroy()
  await eventually(async () => {
    expect((await requestRaw(gateway.port, GET)).status).toBe(200)
  })
})

test('a client that sends half a request and leaves harms nobody', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () => {
      socket.write(`POST /orders.add HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nContent-Le`)
      socket.destroy()
    })
    socket.on('close', () => resolve())
  })
  expect((await requestRaw(gateway.port, GET)).status).toBe(200)
})

test.each([
  ['/orders.add', 400],
  ['/orders.add,orders.add?batch=1', 400],
  ['/session.signOut', 200],
])('a POST that says nothing of a body has none, and is answered: %s', async (path, status) => {
  const lines = [`POST ${path} HTTP/1.1`, HOST, JSON_TYPE, gateway.cookie]
  expect(await requestRaw(gateway.port, lines)).toMatchObject({ status })
})
