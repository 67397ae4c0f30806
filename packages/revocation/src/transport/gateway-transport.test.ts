import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ASSERTION_HEADER } from '@portcullis/context'
import { createFakeClock } from '@portcullis/testing'
import { expect, test } from 'vitest'
import type { FenceRequest } from '../fence/fence-server.ts'
import { createGatewayTransport } from './gateway-transport.ts'

const request: FenceRequest = {
  instance: 'ins_a',
  record: {
    service: 'orders',
    drives: false,
    leaseMs: 1_000,
    applied: { epoch: 1, seq: 0 },
    repaired: '',
    met: { counter: 0, random: '' },
    fences: 7,
  },
  after: -1,
  limit: 10,
  listsMembers: false,
}

const PROOF = { reply: null, isProven: true, fences: 7 }

/** Answers every request in the same way. */
async function serve(handle: RequestListener) {
  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const serveAnswer = (answer: unknown, status = 200) =>
  serve((_request, response) => void response.writeHead(status).end(JSON.stringify(answer)))

function open(...gatewayUrl: string[]) {
  const clock = createFakeClock()
  const assertion = { sign: async () => 'signed' }
  const options = { gatewayUrl, assertion, instance: 'ins_a', leaseMs: 1_000, clock } as const
  return { clock, transport: createGatewayTransport(options) }
}

test('a fence goes to the gateway with the assertion of the service', async () => {
  const seen: unknown[] = []
  using gateway = await serve(async (asked, response) => {
    const body = Buffer.concat(await asked.toArray()).toString()
    seen.push([asked.method, asked.url, asked.headers[ASSERTION_HEADER], JSON.parse(body)])
    response.end(JSON.stringify(PROOF))
  })
  using transport = open(`${gateway.url}/`).transport
  expect(await transport.fences.fence(request)).toEqual({ reply: null, isProven: true })
  expect(seen).toEqual([['POST', '/portcullis/fence', 'signed', request]])
})

test('an answer to another fence proves nothing', async () => {
  using gateway = await serveAnswer({ ...PROOF, fences: 6 })
  using transport = open(gateway.url).transport
  await expect(transport.fences.fence(request)).rejects.toMatchObject({
    code: 'ERR_LOG_UNREADABLE',
  })
})

test.each([
  [401, 'ERR_RELAY_UNTRUSTED'],
  [403, 'ERR_MEMBER_FOREIGN'],
  [404, 'ERR_RELAY_MISSING'],
  [503, 'ERR_LOG_UNREADABLE'],
])('status %d is %s', async (status, code) => {
  using gateway = await serveAnswer(PROOF, status)
  using transport = open(gateway.url).transport
  await expect(transport.fences.fence(request)).rejects.toMatchObject({ code })
})

test('a gateway that does not answer in a quarter of a lease is given up', async () => {
  using gateway = await serve(() => undefined)
  using transport = open(gateway.url).transport
  await expect(transport.fences.fence(request)).rejects.toThrow()
})

test('gateways take turns, and none is left before it had an eighth of a lease', async () => {
  using first = await serveAnswer(PROOF)
  using second = await serveAnswer({ ...PROOF, isProven: false })
  const opened = open(first.url, second.url)
  using transport = opened.transport
  const isProven = async () => (await transport.fences.fence(request)).isProven
  expect(await isProven()).toBe(true)
  transport.leaveServer()
  expect(await isProven()).toBe(false)
  transport.leaveServer()
  expect(await isProven()).toBe(false)
  opened.clock.advance(125)
  transport.leaveServer()
  expect(await isProven()).toBe(true)
})

test('what only a driver may do is refused', async () => {
  using transport = open('http://127.0.0.1:9').transport
  const epoch = { counter: 1, random: 'r' }
  for (const refused of [transport.fences.open(epoch), transport.fences.settle(epoch, 'done')]) {
    await expect(refused).rejects.toMatchObject({ code: 'ERR_DRIVER_NEEDED' })
  }
})

test.each([[[]], [['gateway:4000']], [['file:///gateway']]])('%j is no gatewayUrl', (urls) => {
  expect(() => open(...urls)).toThrow(TypeError)
})
