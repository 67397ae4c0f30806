import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { createTRPCClient, httpBatchStreamLink, httpLink } from '@trpc/client'
import { describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../src/compose-routers.ts'
import { SESSION_COOKIE, startDataPath } from './support/start-data-path.ts'
import { type ServiceRouter, serve, startUpstream } from './support/upstream.ts'

type Router = ComposeRouters<{ orders: ServiceRouter }>

const serveWith = (listener: RequestListener) => serve(createServer(listener))
const codeOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { data: { portcullis: { code: string } } } }
  return error.data.portcullis.code
}

describe('a service that is down', () => {
  const services = { orders: 'http://127.0.0.1:1' }

  test('is a typed error in the form the request asked for', async () => {
    await using gateway = await startDataPath({ services })
    const { url } = gateway
    const unreachable = {
      data: { httpStatus: 502, portcullis: { code: 'ERR_SERVICE_UNREACHABLE' } },
    }
    const plain = createTRPCClient<Router>({ links: [httpLink({ url })] })
    await expect(plain.orders.hello.query()).rejects.toMatchObject(unreachable)
    await expect(plain.orders.add.mutate({ by: 1 })).rejects.toMatchObject(unreachable)
    const streaming = createTRPCClient<Router>({ links: [httpBatchStreamLink({ url })] })
    const calls = [streaming.orders.hello.query(), streaming.orders.fail.query()]
    expect(await Promise.allSettled(calls)).toMatchObject([
      { reason: unreachable },
      { reason: unreachable },
    ])
    const events = await fetch(`${url}/orders.ticks`, { headers: { accept: 'text/event-stream' } })
    expect(events.status).toBe(200)
    const text = await events.text()
    expect(text).toMatch(/^retry: 1\d{3}\nevent: serialized-error\ndata: \{.*-32603.*\}\n\n$/)
  })

  test('is there again as soon as it is back', async () => {
    const first = await startUpstream('orders')
    await using gateway = await startDataPath({ services: { orders: first.url } })
    const ask = async () => (await fetch(`${gateway.url}/orders.hello`)).status
    expect(await ask()).toBe(200)
    await first[Symbol.asyncDispose]()
    expect(await ask()).toBe(502)
    const again = createServer((_request, response) => response.end('{"result":{"data":1}}'))
    await new Promise<void>((resolve) => again.listen(first.port, '127.0.0.1', resolve))
    expect(await ask()).toBe(200)
    again.closeAllConnections()
    await new Promise((resolve) => again.close(resolve))
  })
})

describe('a service that is slow, silent or broken', () => {
  test('is given up on after the timeouts', async () => {
    await using silent = await serveWith(() => {})
    await using halting = await serveWith((_request, response) => {
      response.write('{"result":')
    })
    await using gateway = await startDataPath({
      services: { silent: silent.url, halting: halting.url },
      limits: { upstreamTimeoutMs: 300, upstreamIdleTimeoutMs: 300 },
    })
    const response = await fetch(`${gateway.url}/silent.a`)
    expect(response.status).toBe(504)
    expect(await codeOf(response)).toBe('ERR_SERVICE_TIMEOUT')
    await expect(fetch(`${gateway.url}/halting.a`).then((r) => r.text())).rejects.toThrow()
  })

  test('never gives a part for the whole', async () => {
    await using dying = await serveWith((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"result":', () => response.destroy())
    })
    await using gateway = await startDataPath({ services: { dying: dying.url } })
    await expect(fetch(`${gateway.url}/dying.a`).then((r) => r.text())).rejects.toThrow()
    const events = { headers: { accept: 'text/event-stream' } }
    await expect(fetch(`${gateway.url}/dying.a`, events).then((r) => r.text())).rejects.toThrow()
  })

  test('cannot speak for the gateway', async () => {
    await using posing = await serveWith((_request, response) => {
      response.writeHead(200, [
        ...['set-cookie', '__Host-sid=planted; Path=/', 'set-cookie', 'mine=1'],
        ...['x-portcullis-secret', 'x', 'connection', 'keep-alive, x-private', 'x-private', '1'],
        ...['x-kept', '1'],
      ])
      response.end('{}')
    })
    await using gateway = await startDataPath({ services: { posing: posing.url } })
    const { headers } = await fetch(`${gateway.url}/posing.a`)
    expect(headers.getSetCookie()).toEqual(['mine=1'])
    expect(headers.get('x-kept')).toBe('1')
    expect(headers.get('x-portcullis-secret')).toBeNull()
    expect(headers.get('x-private')).toBeNull()
  })
})

describe('a kept connection that dies as it is used', () => {
  /** Answers the first request of a connection and cuts it at the second. */
  async function startCutting() {
    let served = 0
    const server = createTcpServer((socket) => {
      let requests = 0
      socket.on('error', () => {})
      socket.on('data', () => {
        served++
        requests++
        if (requests > 1) socket.resetAndDestroy()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}`,
      served: () => served,
      async [Symbol.asyncDispose]() {
        server.close()
      },
    }
  }

  test('is noticed by nobody who only reads, and nothing is written twice', async () => {
    await using cutting = await startCutting()
    await using gateway = await startDataPath({
      services: { orders: cutting.url },
      limits: { serviceConnections: 1 },
    })
    const ask = async (init?: RequestInit) => (await fetch(`${gateway.url}/orders.a`, init)).status
    expect(await ask()).toBe(200)
    expect(await ask()).toBe(200)
    expect(cutting.served()).toBe(3)
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    expect(await ask(post)).toBe(502)
    expect(cutting.served()).toBe(4)
  })
})

describe('a service that knows more than the gateway', () => {
  const refuse: RequestListener = (request, response) => {
    const context = String(request.headers['x-portcullis-context'])
    request.resume()
    request.on('end', () => {
      if (context.endsWith('.0')) response.writeHead(503, { 'x-portcullis-stale': '1.7' })
      response.end(context)
    })
  }
  const post = (size: number) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: SESSION_COOKIE },
    body: 'x'.repeat(size),
  })

  test('gets the request once more, after the gateway has caught up', async () => {
    await using ahead = await serveWith(refuse)
    await using gateway = await startDataPath({ services: { orders: ahead.url } })
    const response = await fetch(`${gateway.url}/orders.a`, post(60_000))
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('ctx.orders.usr_ada.1')
    expect(gateway.authenticator.catchUps).toBe(1)
    expect(ahead.seen).toHaveLength(2)
  })

  test('gets it without a context if the session turns out to have ended', async () => {
    await using ahead = await serveWith(refuse)
    await using gateway = await startDataPath({ services: { orders: ahead.url } })
    gateway.authenticator.onCatchUp = () => gateway.authenticator.end('token-of-ada')
    const response = await fetch(`${gateway.url}/orders.a`, { headers: { cookie: SESSION_COOKIE } })
    expect(await response.text()).toBe('undefined')
    expect(response.headers.getSetCookie()[0]).toContain('Max-Age=0')
  })

  test.each([
    ['a body too large to be held', 70_000, 1],
    ['a service that is still ahead', 10, 2],
  ])('is reported as a passing failure: %s', async (_name, size, sent) => {
    await using ahead = await serveWith((request, response) => {
      request.resume()
      request.on('end', () => response.writeHead(503, { 'x-portcullis-stale': '9.9' }).end())
    })
    await using gateway = await startDataPath({ services: { orders: ahead.url } })
    const response = await fetch(`${gateway.url}/orders.a`, post(size))
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await codeOf(response)).toBe('ERR_CONTEXT_STALE')
    expect(ahead.seen).toHaveLength(sent)
  })
})

test('a session that cannot be verified is refused with a time to come back, never let in', async () => {
  await using orders = await startUpstream('orders')
  await using gateway = await startDataPath({ services: { orders: orders.url } })
  gateway.authenticator.isUnreachable = true
  const response = await fetch(`${gateway.url}/orders.hello`, {
    headers: { cookie: SESSION_COOKIE },
  })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(await codeOf(response)).toBe('ERR_UNVERIFIABLE')
  expect(orders.seen).toEqual([])
})

test('plain identity headers go to a service that asks for them, and to no other', async () => {
  await using plain = await serveWith((_request, response) => response.end('{}'))
  await using gateway = await startDataPath({
    services: {
      none: { url: plain.url },
      some: { url: plain.url, identityHeaders: true },
      all: { url: plain.url, identityHeaders: { email: true } },
    },
  })
  gateway.authenticator.add('token', {
    roles: ['owner', 'a,b'],
    custom: { email: 'ådå@example.com' },
  })
  const seenBy = async (service: string) => {
    await fetch(`${gateway.url}/${service}.a`, {
      headers: { cookie: '__Host-sid=token', 'x-user-email': 'forged' },
    })
    const headers = plain.seen.at(-1)?.headers ?? {}
    return Object.fromEntries(
      Object.entries(headers).filter(([name]) => /^x-(user|org)/.test(name)),
    )
  }
  const identity = { 'x-user-id': 'usr_ada', 'x-user-roles': 'owner,a%2Cb', 'x-org-id': 'org_acme' }
  expect(await seenBy('none')).toEqual({})
  expect(await seenBy('some')).toEqual(identity)
  expect(await seenBy('all')).toEqual({ ...identity, 'x-user-email': '%C3%A5d%C3%A5@example.com' })
})
