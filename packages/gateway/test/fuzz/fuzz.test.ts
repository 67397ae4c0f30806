import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('of 3,000 random requests none crashes the gateway, fails there, or reaches a service as something that the gateway would refuse', async () => {
  const report = await fuzz({ requests: 3_000, seed: 20_261_126 })
  expect(report.findings).toEqual([])
  expect(report.complaints).toBe('')
  expect(report.sent).toBe(3_000)
  // That it was no empty exercise: much of it was refused, and much of it arrived.
  expect(report.forwarded).toBeGreaterThan(200)
  for (const status of [200, 400, 404, 405, 415])
    expect(report.statuses.get(status)).toBeGreaterThan(5)
}, 120_000)
