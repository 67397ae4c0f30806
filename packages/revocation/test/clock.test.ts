import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { startLog } from './harness.ts'

const HOUR_MS = 3_600_000

test('instances on hosts whose clocks are set agree on the time, and go on after one fence', async () => {
  await using log = await startLog()
  const host = { aheadMs: 0, now: () => performance.now(), wall: () => Date.now() + host.aheadMs }
  await using moved = await log.follow({ clock: host })
  await using other = await log.follow()
  for (const aheadMs of [HOUR_MS, -HOUR_MS, 0]) {
    host.aheadMs = aheadMs
    expect(Math.abs(moved.clock.wall() - other.clock.wall())).toBeLessThan(2_000)
    await moved.catchUp()
    await eventually(() => expect(moved.isFresh()).toBe(true))
    expect(Math.abs(moved.clock.wall() - other.clock.wall())).toBeLessThan(2_000)
  }
})
