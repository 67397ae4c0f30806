import { describe, expect, test } from 'vitest'
import { noMetrics } from './metrics.ts'
import { createPrometheusMetrics, serveMetrics } from './prometheus.ts'

const refusals = { name: 'refusals_total', help: 'Refused.', labels: ['reason'] } as const
const took = { name: 'took_seconds', help: 'Took.', buckets: [0.1, 1] }

describe('metrics for Prometheus', () => {
  test('are rendered with their labels, buckets and what a gauge reads at that moment', async () => {
    const metrics = createPrometheusMetrics()
    metrics.counter(refusals).add(2, { reason: 'role' })
    metrics.histogram(took).observe(0.5)
    let members = 1
    metrics.gauge({ name: 'members', help: 'Members.', read: () => members })
    members = 3
    const { body, contentType } = await metrics.render()
    expect(contentType).toMatch(/^text\/plain/)
    for (const line of [
      'refusals_total{reason="role"} 2',
      'took_seconds_bucket{le="0.1"} 0',
      'took_seconds_bucket{le="1"} 1',
      'members 3',
    ])
      expect(body).toContain(line)
  })

  test('asked for twice go on counting, and the newest reader of a gauge is asked', async () => {
    const metrics = createPrometheusMetrics()
    for (const value of [1, 2]) {
      metrics.counter(refusals).add(1, { reason: 'role' })
      metrics.histogram(took).observe(0.5)
      metrics.gauge({ name: 'members', help: 'Members.', read: () => value })
    }
    const { body } = await metrics.render()
    expect(body).toContain('refusals_total{reason="role"} 2')
    expect(body).toContain('took_seconds_count 2')
    expect(body).toContain('members 2')
  })

  test('share nothing with another registry', async () => {
    createPrometheusMetrics().counter(refusals).add(1, { reason: 'role' })
    expect((await createPrometheusMetrics().render()).body.trim()).toBe('')
  })
})

test('without anywhere to put them measurements cost nothing and fail nothing', () => {
  noMetrics.counter(refusals).add(1, { reason: 'role' })
  noMetrics.histogram(took).observe(1)
  noMetrics.gauge({ name: 'members', help: 'Members.', read: () => 1 })
})

test('are answered on a listener of their own, and nothing else is', async () => {
  const metrics = createPrometheusMetrics()
  metrics.counter(refusals).add(1, { reason: 'role' })
  await using endpoint = await serveMetrics({ metrics, port: 0 })
  const response = await fetch(endpoint.url)
  expect(response.headers.get('content-type')).toContain('text/plain')
  expect(await response.text()).toContain('refusals_total{reason="role"} 1')
  for (const [path, method] of [
    ['/', 'GET'],
    ['/metrics/x', 'GET'],
    ['/metrics', 'POST'],
  ] as const)
    expect((await fetch(new URL(path, endpoint.url), { method })).status).toBe(404)
})
