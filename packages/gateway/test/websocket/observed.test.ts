import { createLogger } from '@portcullis/runtime'
import { createPrometheusMetrics } from '@portcullis/runtime/prometheus'
import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import { SECRET } from '../support/start-gateway.ts'
import { openRaw, startSocketService } from './harness.ts'

const call = (id: number, path: string, method = 'query', input?: unknown) => ({
  id,
  method,
  params: { path, input },
})

test('each call on a socket has its line in the access log, and is counted, when it has ended', async () => {
  await using orders = await startSocketService('orders')
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ name: 'gateway', level: 'trace', destination })
  const metrics = createPrometheusMetrics()
  await using gateway = await startDataPath({
    services: { orders: orders.url },
    observing: { accessLog: { logger }, metrics, pepper: SECRET },
  })
  using raw = await openRaw(gateway.url, { cookie: SESSION_COOKIE })
  const odd = 'x'.repeat(1_000)
  raw.send([
    call(1, 'orders.echo', 'query', 'in the input'),
    call(2, 'orders.fail'),
    call(3, 'nobody.hello'),
    call(4, odd),
    call(5, 'orders.count', 'subscription', { to: 0 }),
  ])
  await raw.next(5)
  raw.send({ id: 5, method: 'subscription.stop' })
  await raw.next()
  const calls = await eventually(() => {
    expect(lines).toHaveLength(5)
    return lines.map((line) => JSON.parse(line))
  })
  const outcomes = calls.map(({ path, service, code, error }) => [path, service, code, error])
  expect(outcomes).toEqual(
    expect.arrayContaining([
      ['orders.echo', 'orders', 'OK', undefined],
      ['orders.fail', 'orders', 'FAILED', undefined],
      ['nobody.hello', undefined, 'NOT_FOUND', 'ERR_SERVICE_UNKNOWN'],
      [undefined, undefined, 'NOT_FOUND', 'ERR_SERVICE_UNKNOWN'],
      ['orders.count', 'orders', 'OK', undefined],
    ]),
  )
  expect(calls[0]).toMatchObject({ form: 'socket', session: expect.any(String), msg: 'call' })
  expect(lines.join()).not.toContain('in the input')
  const { body } = await metrics.render()
  expect(body).toContain('portcullis_calls_total{service="orders",code="OK"} 2')
  expect(body).toContain('portcullis_calls_total{service="orders",code="FAILED"} 1')
})
