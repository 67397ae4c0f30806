import { createPrometheusMetrics } from '@portcullis/runtime/prometheus'
import { eventually } from '@portcullis/testing'
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client'
import { expect, test } from 'vitest'
import type { ComposeRouters } from '../../src/compose-routers.ts'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import { type ServiceRouter, startUpstream } from '../support/upstream.ts'

type AppRouter = ComposeRouters<{ orders: ServiceRouter; stock: ServiceRouter }>

/** A gateway over two services, one of which is away, and what it measures. */
async function start() {
  await using started = new AsyncDisposableStack()
  const orders = started.use(await startUpstream('orders'))
  const metrics = createPrometheusMetrics()
  const gateway = started.use(
    await startDataPath({
      services: { orders: orders.url, stock: 'http://127.0.0.1:1' },
      observing: { metrics },
    }),
  )
  const link = { url: gateway.url, headers: { cookie: SESSION_COOKIE } }
  const owned = started.move()
  return {
    url: gateway.url,
    single: createTRPCClient<AppRouter>({ links: [httpLink(link)] }),
    batching: createTRPCClient<AppRouter>({ links: [httpBatchLink(link)] }),
    /** Once these lines are there. */
    expectLines: (...lines: string[]) =>
      eventually(async () => {
        const { body } = await metrics.render()
        const rendered = body.split('\n').map((line) => line.replace(/^portcullis_/, ''))
        expect(rendered).toEqual(expect.arrayContaining(lines))
      }),
    render: async () => (await metrics.render()).body,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('each call is measured by service and procedure, with what it came to', async () => {
  await using gateway = await start()
  await gateway.single.orders.hello.query()
  await gateway.single.orders.fail.query().catch(() => undefined)
  const { orders, stock } = gateway.batching
  await Promise.allSettled([orders.hello.query(), stock.hello.query()])
  await gateway.expectLines(
    'request_duration_seconds_count{service="orders",procedure="orders.hello"} 2',
    'request_duration_seconds_count{service="orders",procedure="other"} 1',
    'request_duration_seconds_count{service="stock",procedure="other"} 1',
    'calls_total{service="orders",code="OK"} 2',
    'calls_total{service="orders",code="CONFLICT"} 1',
    'calls_total{service="stock",code="BAD_GATEWAY"} 1',
    'batch_calls_count 3',
    'batch_calls_sum 4',
    'upstream_errors_total{service="stock",code="ERR_SERVICE_UNREACHABLE"} 1',
    'refusals_total{reason="ERR_SERVICE_UNREACHABLE"} 1',
    'session_lookups_total{outcome="memory"} 3',
    'requests_in_flight 0',
    'breakers_open{service="stock"} 0',
    'service_servers{service="orders"} 1',
  )
})

test('paths that clients make up are no labels', async () => {
  await using gateway = await start()
  const paths = Array.from({ length: 30 }, (_, n) => `orders.made.up${n},made.up${n}?batch=1`)
  await Promise.all(
    [...paths, 'made.up', 'orders.made'].map((path) => fetch(`${gateway.url}/${path}`)),
  )
  await gateway.expectLines(
    'calls_total{service="none",code="NOT_FOUND"} 31',
    'refusals_total{reason="ERR_SERVICE_UNKNOWN"} 1',
  )
  expect(await gateway.render()).not.toContain('made')
})

test('a stream is counted while it is open, and measured when it has ended', async () => {
  await using gateway = await start()
  const leaving = new AbortController()
  const response = await fetch(`${gateway.url}/orders.ticks`, {
    headers: { accept: 'text/event-stream', cookie: SESSION_COOKIE },
    signal: leaving.signal,
  })
  expect(response.status).toBe(200)
  await gateway.expectLines('open_streams 1', 'requests_in_flight 1')
  leaving.abort()
  await gateway.expectLines(
    ...['open_streams 0', 'stream_duration_seconds_count{service="orders"} 1'],
    'calls_total{service="orders",code="OK"} 1',
  )
})
