import type { ServerResponse } from 'node:http'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { startDataPath } from '../support/start-data-path.ts'
import { ask, serveWith } from './servers.ts'

/** Holds every call until it is told to answer. */
async function startHolding() {
  const held: ServerResponse[] = []
  const upstream = await serveWith((_request, response) => void held.push(response))
  const answer = () => held.shift()?.end('{"result":{"data":1}}')
  return Object.assign(upstream, { held, answer })
}

const BUSY = { status: 503, code: 'ERR_SERVICE_BUSY', retryAfter: '1' }

describe('a service that has as much to do as it is given at once', () => {
  test('lets some calls wait in line, and sheds the others', async () => {
    await using orders = await startHolding()
    const limits = { serviceConcurrency: 2, serviceQueue: 2, serviceQueueMs: 60_000 }
    await using gateway = await startDataPath({ services: { orders: { url: orders.url, limits } } })
    const call = () => ask(`${gateway.url}/orders.x`)
    const served = [call(), call()]
    await eventually(() => expect(orders.held).toHaveLength(2))
    const rest = [call(), call(), call(), call()]
    const shed = await Promise.race(rest)
    expect(shed).toMatchObject(BUSY)
    orders.answer()
    await eventually(() => expect(orders.seen).toHaveLength(3))
    while (orders.held.length > 0 || orders.seen.length < 4) {
      orders.answer()
      await new Promise(setImmediate)
    }
    const answers = await Promise.all([...served, ...rest])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 503, 503])
  })

  test('makes nobody wait longer than a moment', async () => {
    await using orders = await startHolding()
    const limits = { serviceConcurrency: 1, serviceQueue: 10, serviceQueueMs: 50 }
    await using gateway = await startDataPath({ services: { orders: { url: orders.url, limits } } })
    const first = ask(`${gateway.url}/orders.x`)
    await eventually(() => expect(orders.held).toHaveLength(1))
    const waiting = await Promise.all([1, 2, 3].map(() => ask(`${gateway.url}/orders.x`)))
    for (const answer of waiting) expect(answer).toMatchObject(BUSY)
    orders.answer()
    expect((await first).status).toBe(200)
    expect(orders.seen).toHaveLength(1)
  })

  test('gets nothing of a client that left while it waited', async () => {
    await using orders = await startHolding()
    const limits = { serviceConcurrency: 1, serviceQueue: 10, serviceQueueMs: 60_000 }
    await using gateway = await startDataPath({ services: { orders: { url: orders.url, limits } } })
    const first = ask(`${gateway.url}/orders.first`)
    await eventually(() => expect(orders.held).toHaveLength(1))
    const leaving = new AbortController()
    const left = ask(`${gateway.url}/orders.left`, { signal: leaving.signal }).catch(() => 'left')
    const next = ask(`${gateway.url}/orders.next`)
    leaving.abort()
    expect(await left).toBe('left')
    orders.answer()
    await eventually(() => expect(orders.held).toHaveLength(1))
    orders.answer()
    await Promise.all([first, next])
    expect(orders.seen.map(({ url }) => url)).toContain('/orders.next')
  })

  test('has its streams counted apart', async () => {
    await using orders = await serveWith((request, response) => {
      if (request.url === '/orders.x') response.end('{}')
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    })
    const limits = { serviceConcurrency: 1, serviceQueue: 0 }
    await using gateway = await startDataPath({ services: { orders: { url: orders.url, limits } } })
    const leaving = new AbortController()
    const options = { headers: { accept: 'text/event-stream' }, signal: leaving.signal }
    for (const _ of [1, 2, 3]) {
      expect((await fetch(`${gateway.url}/orders.ticks`, options)).status).toBe(200)
    }
    expect((await ask(`${gateway.url}/orders.x`)).status).toBe(200)
    leaving.abort()
  })
})
