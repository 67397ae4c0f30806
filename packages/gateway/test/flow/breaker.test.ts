import { createServer } from 'node:http'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { startDataPath } from '../support/start-data-path.ts'
import { ask, findClosedPort, POST, serveWith, startNamed } from './servers.ts'

const OPEN = { status: 503, code: 'ERR_CIRCUIT_OPEN' }

describe('a service that fails again and again', () => {
  test('is not asked any more, with a time to come back, until it answers again', async () => {
    const port = await findClosedPort()
    await using other = await startNamed('other')
    await using gateway = await startDataPath({
      services: { orders: `http://127.0.0.1:${port}`, other: other.url },
      limits: { breakerFailures: 3, breakerOpenMs: 50, breakerMaxOpenMs: 100 },
    })
    for (let i = 0; i < 3; i++) {
      expect((await ask(`${gateway.url}/orders.x`, POST)).code).toBe('ERR_SERVICE_UNREACHABLE')
    }
    const refused = await ask(`${gateway.url}/orders.x`)
    expect(refused).toMatchObject({ ...OPEN, retryAfter: '1' })
    // It fails its own calls only.
    const mixed = await fetch(`${gateway.url}/orders.x,other.x?batch=1`)
    expect(mixed.status).toBe(207)
    expect((await ask(`${gateway.url}/other.x`)).data).toBe('other')

    const server = createServer((_request, response) => response.end('{"result":{"data":1}}'))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await eventually(async () => expect((await ask(`${gateway.url}/orders.x`)).data).toBe(1))
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('is tried by no call of anybody', async () => {
    await using dying = await serveWith((request) => request.socket.destroy())
    await using gateway = await startDataPath({
      services: { orders: { url: `${dying.url}/api` } },
      limits: { breakerFailures: 1, breakerOpenMs: 10, breakerMaxOpenMs: 20 },
    })
    expect((await ask(`${gateway.url}/orders.x`, POST)).status).toBe(502)
    await eventually(() => expect(dying.seen.length).toBeGreaterThan(3))
    expect(await ask(`${gateway.url}/orders.x`, POST)).toMatchObject(OPEN)
    const [first, ...tries] = dying.seen
    expect(first?.method).toBe('POST')
    expect(new Set(tries.map(({ method, url }) => `${method} ${url}`))).toEqual(
      new Set(['HEAD /api/']),
    )
  })

  test('says so in the form that was asked for', async () => {
    await using gateway = await startDataPath({
      services: { orders: `http://127.0.0.1:${await findClosedPort()}` },
      limits: { breakerFailures: 1 },
    })
    await ask(`${gateway.url}/orders.x`)
    expect((await ask(`${gateway.url}/orders.x`)).code).toBe('ERR_CIRCUIT_OPEN')
    const events = await fetch(`${gateway.url}/orders.x`, {
      headers: { accept: 'text/event-stream' },
    })
    expect(events.status).toBe(200)
    expect(await events.text()).toContain('ERR_CIRCUIT_OPEN')
  })

  test('is one that answers 503 otherwise than in JSON; what tRPC answers is an answer', async () => {
    const type = { plain: 'text/plain', json: 'application/json' }
    await using server = await serveWith((request, response) => {
      const isPlain = request.url?.startsWith('/plain')
      response.writeHead(503, { 'content-type': isPlain ? type.plain : type.json })
      response.end('{"error":{}}')
    })
    await using gateway = await startDataPath({
      services: { plain: server.url, json: server.url },
      limits: { breakerFailures: 2 },
    })
    for (const _ of [1, 2, 3]) {
      await ask(`${gateway.url}/plain.x`)
      await ask(`${gateway.url}/json.x`)
    }
    expect((await ask(`${gateway.url}/plain.x`)).code).toBe('ERR_CIRCUIT_OPEN')
    expect((await ask(`${gateway.url}/json.x`)).code).toBeUndefined()
  })

  test('is not one whose clients leave, or send what cannot be forwarded', async () => {
    await using server = await serveWith((request, response) => {
      if (request.url !== '/orders.hang') request.resume().on('end', () => response.end('{}'))
    })
    await using gateway = await startDataPath({
      services: { orders: server.url },
      limits: { breakerFailures: 1, bodyBytes: 10, heldBodyBytes: 1 },
    })
    const leaving = new AbortController()
    const left = ask(`${gateway.url}/orders.hang`, { signal: leaving.signal }).catch(() => 'left')
    await eventually(() => expect(server.seen).toHaveLength(1))
    leaving.abort()
    expect(await left).toBe('left')
    const chunked = new Request(`${gateway.url}/orders.x`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob(['x'.repeat(20)]).stream(),
      duplex: 'half',
    })
    expect((await fetch(chunked)).status).toBe(413)
    expect((await ask(`${gateway.url}/orders.x`)).status).toBe(200)
  })
})
