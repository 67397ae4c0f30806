import { describe, expect, test } from 'vitest'
import { noMetrics } from './metrics.ts'
import { createPrometheusMetrics } from './metrics-prometheus.ts'

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
