import { createLogger } from '@portcullis/runtime'
import { afterEach, describe, expect, test } from 'vitest'
import type { FencePage } from './fence.ts'
import { createSharedFence, type SharedFence } from './shared-fence.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
let shared: SharedFence | undefined

afterEach(() => shared?.stop())

const page: FencePage = {
  epoch: { counter: 1, random: 'r' },
  head: { position: { epoch: 1, seq: 0 }, nonce: 'r' },
  entries: [],
  barrier: 'settled',
  members: [],
  serverTime: 0,
  sent: { now: 0, wall: 0 },
  isProven: true,
  receivedAt: 0,
}

function fences(done: () => Promise<void>) {
  const fence = () => done().then(() => page)
  shared = createSharedFence({ fence, intervalMs: 60_000, logger })
  return shared
}

describe('shared fence', () => {
  test('those who ask while a fence is under way share one that begins after it', async () => {
    const gates: PromiseWithResolvers<void>[] = []
    const { now } = fences(() => {
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

  test('at no time are two fences under way', async () => {
    let underway = 0
    let most = 0
    const { now } = fences(async () => {
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

  test('a failed fence rejects with its code, and the next one is tried', async () => {
    let fails = true
    const shared = fences(async () => {
      if (fails) throw new Error('away')
    })
    await expect(shared.now()).rejects.toMatchObject({ code: 'ERR_LOG_UNREADABLE' })
    fails = false
    expect(await shared.now()).toBe(page)
  })
})
