import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { startDataPath } from '../support/start-data-path.ts'
import { serveWith, startNamed } from './servers.ts'

/** Over one kept connection. */
async function getBy(agent: Agent, url: string) {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage]
  const body = await response.setEncoding('utf8').toArray()
  const { statusCode: status, headers } = response
  return { status, body: body.join(''), connection: headers.connection }
}

describe('while it drains, a gateway', () => {
  const limits = { drainDelayMs: 400 }

  test('is not ready any more, but answers old and new connections, each for the last time', async () => {
    await using orders = await startNamed('orders')
    await using gateway = await startDataPath({ services: { orders: orders.url }, limits })
    const kept = new Agent({ keepAlive: true, maxSockets: 1 })
    const url = `${gateway.url}/orders.x`
    expect(await getBy(kept, url)).toMatchObject({ status: 200, connection: 'keep-alive' })
    const closed = gateway.close()
    const ready = await fetch(`${gateway.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(ready.headers.get('connection')).toBe('close')
    for (const agent of [kept, new Agent()]) {
      expect(await getBy(agent, url)).toMatchObject({ status: 200, connection: 'close' })
    }
    await closed
    await expect(fetch(url)).rejects.toThrow()
  })

  test('says to those already waiting that it is the last answer', async () => {
    let answer = () => {}
    await using orders = await serveWith((_request, response) => {
      answer = () => response.end('{"result":{}}')
    })
    await using gateway = await startDataPath({ services: { orders: orders.url } })
    const kept = new Agent({ keepAlive: true })
    const waiting = getBy(kept, `${gateway.url}/orders.x`)
    await eventually(() => expect(orders.seen).toHaveLength(1))
    const closed = gateway.close()
    answer()
    expect(await waiting).toMatchObject({ status: 200, connection: 'close' })
    await closed
  })

  test('ends streams last, and tells their clients to come back, not all at once', async () => {
    await using orders = await serveWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\ndata: half an ev')
    })
    await using gateway = await startDataPath({ services: { orders: orders.url }, limits })
    const events = { headers: { accept: 'text/event-stream' } }
    const streams = await Promise.all(
      Array.from({ length: 5 }, () => fetch(`${gateway.url}/orders.x`, events)),
    )
    const closed = gateway.close()
    expect((await fetch(`${gateway.url}/orders.x`, events)).status).toBe(200)
    const texts = await Promise.all(streams.map((stream) => stream.text()))
    for (const text of texts) expect(text).toMatch(/^data: 1\n\nretry: \d{2,4}\n\n$/)
    expect(new Set(texts).size).toBeGreaterThan(1)
    await closed
  })
})

test('two gateways listen at one address in turn', async () => {
  await using orders = await startNamed('orders')
  await using first = await startDataPath({
    services: { orders: orders.url },
    address: { reusePort: true },
  })
  await using second = await startDataPath({
    services: { orders: orders.url },
    address: { reusePort: true, port: first.port },
  })
  expect(second.port).toBe(first.port)
  await first.close()
  expect((await fetch(`${second.url}/orders.x`)).status).toBe(200)
  await expect(
    startDataPath({ services: { orders: orders.url }, address: { port: first.port } }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
