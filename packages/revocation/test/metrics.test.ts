import { createLogger } from '@portcullis/runtime'
import { createPrometheusMetrics } from '@portcullis/runtime/prometheus'
import { eventually, startTcpProxy } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { LEASE_MS, startLog } from './harness.ts'

/** Values by name and labels, as a scrape shows them. */
async function scrape(metrics: ReturnType<typeof createPrometheusMetrics>) {
  const { body } = await metrics.render()
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [name = '', value] = line.split(/ (?=\S+$)/)
      return [name.replace('portcullis_', ''), Number(value)]
    }),
  )
}

test('a follower measures its fences, its lease, its place in the log and its receipts', async () => {
  await using log = await startLog()
  const metrics = createPrometheusMetrics()
  await using follower = await log.follow({ metrics })
  await using _member = await log.follow()
  await log.change(follower, 'usr_a')
  const values = await scrape(metrics)
  expect(values.get('enforcement_seconds_count{level="enforced"}')).toBe(1)
  expect(values.get('last_acknowledgement_seconds_count')).toBe(1)
  expect(values.get('last_acknowledgement_seconds_sum')).toBeLessThan(LEASE_MS / 1_000)
  expect(values.get('fences_total{outcome="proven"}')).toBeGreaterThanOrEqual(1)
  expect(values.get('lease_remaining_seconds')).toBeGreaterThan(0)
  expect(values.get('lease_age_seconds')).toBeLessThan(LEASE_MS / 1_000)
  expect(values.get('log_seq')).toBe(follower.position.seq)
  expect(values.get('log_epoch')).toBe(follower.position.epoch)
  await eventually(async () => expect((await scrape(metrics)).get('members')).toBe(2))
  expect(values.get('fenced_seconds_total')).toBe(0)
})

test('time without a lease is counted while it lasts, and logged at both ends', async () => {
  await using log = await startLog()
  await using proxy = await startTcpProxy({ target: log.redis.url })
  const metrics = createPrometheusMetrics()
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ name: 'test', destination })
  await using _ = await log.follow({ redisUrl: proxy.url, metrics, logger })
  proxy.cut()
  await eventually(async () => {
    const values = await scrape(metrics)
    expect(values.get('fenced_seconds_total')).toBeGreaterThan(0)
    expect(values.get('fences_total{outcome="failed"}')).toBeGreaterThan(0)
    expect(values.get('lease_remaining_seconds')).toBe(0)
  })
  expect(lines.join('')).toContain('no lease: decisions are refused')
  proxy.heal()
  await eventually(() => expect(lines.join('')).toMatch(/"fencedMs":\d+.*the lease is back/))
})

test('a history that is repaired is counted, and no metric names a person, a session or an instance', async () => {
  await using log = await startLog({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const metrics = createPrometheusMetrics()
  await using follower = await log.follow({ metrics })
  await log.change(follower, 'usr_ada')
  await log.redis.restart()
  await eventually(async () => {
    const values = await scrape(metrics)
    expect(values.get('repairs_total')).toBe(1)
    expect(values.get('repaired_events_total')).toBe(1)
  })
  expect((await metrics.render()).body).not.toMatch(/(usr|ses|ins|org)_[A-Za-z0-9]/)
})
