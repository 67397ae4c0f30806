import { createLogger, systemClock } from '@portcullis/runtime'
import { afterEach, describe, expect, test } from 'vitest'
import { createSharedRead, type SharedRead } from './shared-read.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
let shared: SharedRead | undefined

afterEach(() => shared?.stop())

function reads(read: () => Promise<void>) {
  shared = createSharedRead({ read, intervalMs: 60_000, clock: systemClock, logger })
  return shared
}

describe('shared read', () => {
  test('those who ask while a read is under way share one that begins after it', async () => {
    const gates: PromiseWithResolvers<void>[] = []
    const { now } = reads(() => {
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      return gate.promise
    })
    const first = now()
    const later = [now(), now(), now()]
    expect(gates).toHaveLength(1)
    gates[0]?.resolve()
    await first
    expect(gates).toHaveLength(2)
    gates[1]?.resolve()
    await Promise.all(later)
    expect(gates).toHaveLength(2)
  })

  test('at no time are two reads under way', async () => {
    let underway = 0
    let most = 0
    const { now } = reads(async () => {
      underway += 1
      most = Math.max(most, underway)
      await Promise.resolve()
      underway -= 1
    })
    const askers = Array.from({ length: 50 }, async (_, i) => {
      for (let turn = 0; turn < i % 7; turn += 1) await Promise.resolve()
      await now()
    })
    await Promise.all(askers)
    expect(most).toBe(1)
  })

  test('a failed read rejects with its code, and the next one is tried', async () => {
    let fails = true
    const read = reads(async () => {
      if (fails) throw new Error('away')
    })
    await expect(read.now()).rejects.toMatchObject({ code: 'ERR_LOG_UNREADABLE' })
    expect(read.lastReadAt).toBe(Number.NEGATIVE_INFINITY)
    fails = false
    await read.now()
    expect(read.lastReadAt).toBeGreaterThan(0)
  })
})
