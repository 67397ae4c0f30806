import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { connectionsOf } from './support/connections-of.ts'
import { SESSION_COOKIE, startDataPath } from './support/start-data-path.ts'
import { startUpstream } from './support/upstream.ts'

const COOKIE = { cookie: SESSION_COOKIE }

async function statusOf(url: string, path: string): Promise<number> {
  const response = await fetch(`${url}/${path}`, { headers: COOKIE })
  await response.arrayBuffer()
  return response.status
}

test('services are added, changed and removed between two requests', async () => {
  await using first = await startUpstream('orders')
  await using second = await startUpstream('orders')
  await using billing = await startUpstream('billing')
  await using gateway = await startDataPath({ services: { orders: first.url } })
  expect(await statusOf(gateway.url, 'orders.hello')).toBe(200)
  expect(await statusOf(gateway.url, 'billing.hello')).toBe(404)

  const services = { orders: { url: second.url }, billing: billing.url }
  expect(gateway.updateServices({ services })).toEqual({
    added: ['billing'],
    changed: ['orders'],
    removed: [],
  })
  expect(await statusOf(gateway.url, 'orders.hello,billing.hello?batch=1')).toBe(200)
  expect([first.seen.length, second.seen.length, billing.seen.length]).toEqual([1, 1, 1])

  expect(gateway.updateServices({ services: { billing: billing.url } })).toEqual({
    added: [],
    changed: [],
    removed: ['orders'],
  })
  expect(await statusOf(gateway.url, 'orders.hello')).toBe(404)
  expect(await statusOf(gateway.url, 'billing.hello')).toBe(200)
})

test('what is under way is finished by the service that had it, and then its connections close', async () => {
  await using first = await startUpstream('orders')
  await using second = await startUpstream('orders')
  await using gateway = await startDataPath({
    services: { orders: first.url },
    limits: { retiredServiceMs: 100 },
  })
  const slow = Promise.withResolvers<void>()
  first.server.prependListener('request', (request) => {
    if (request.url === '/orders.hang') slow.resolve()
  })
  const leaving = new AbortController()
  const flood = fetch(`${gateway.url}/orders.flood?input=20000000`, { headers: COOKIE })
  const hanging = fetch(`${gateway.url}/orders.hang`, { signal: leaving.signal })
  hanging.catch(() => {})
  await slow.promise
  gateway.updateServices({ services: { orders: second.url } })
  expect(await statusOf(gateway.url, 'orders.hello')).toBe(200)
  expect(second.seen.map(({ url }) => url)).toEqual(['/orders.hello'])
  expect((await (await flood).text()).length).toBeGreaterThan(20_000_000)
  leaving.abort()
  await eventually(async () => expect(await connectionsOf(first.server)).toBe(0))
})

test('a stream of a service that was removed ends when its time to finish is over', async () => {
  await using orders = await startUpstream('orders')
  await using gateway = await startDataPath({
    services: { orders: orders.url },
    limits: { retiredServiceMs: 100 },
  })
  const stream = await fetch(`${gateway.url}/orders.ticks`, {
    headers: { ...COOKIE, accept: 'text/event-stream' },
  })
  gateway.updateServices({ services: {} })
  // However it ends, it ends: a client of events comes back by itself.
  const text = await stream.text().catch(() => '')
  expect(text === '' || text.includes('second')).toBe(true)
  await eventually(() => expect(orders.aborted).toContain('orders.ticks'))
})

test('a route that is wrong changes nothing, and one that is the same keeps its connections', async () => {
  await using orders = await startUpstream('orders')
  await using gateway = await startDataPath({ services: { orders: { url: orders.url } } })
  expect(await statusOf(gateway.url, 'orders.hello')).toBe(200)
  for (const services of [
    { orders: 'ftp://orders' },
    { session: orders.url },
    { billing: orders.url, orders: 'nowhere' },
  ]) {
    expect(() => gateway.updateServices({ services })).toThrow(TypeError)
  }
  expect(await statusOf(gateway.url, 'billing.hello')).toBe(404)
  const services = { orders: { url: orders.url } }
  expect(gateway.updateServices({ services })).toEqual({ added: [], changed: [], removed: [] })
  expect(await statusOf(gateway.url, 'orders.hello')).toBe(200)
  expect(await connectionsOf(orders.server)).toBe(1)
})
