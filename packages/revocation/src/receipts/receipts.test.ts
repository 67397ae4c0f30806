import { createId, type InstanceId } from '@portcullis/context'
import { systemClock } from '@portcullis/runtime'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import type { FencePage } from '../fence/fence.ts'
import { createReceipts } from './receipts.ts'

const LEASE_MS = 300
const self = createId('ins')
const other = createId('ins')
const position = { epoch: 1, seq: 5 }

function pageOf(random: string, members: readonly InstanceId[]): FencePage {
  return {
    epoch: { counter: 1, random },
    head: { position, nonce: 'n5' },
    entries: [],
    barrier: 'settled',
    members: members.map((id) => ({ id, text: '', record: recordOf() })),
    serverTime: 0,
    sent: { now: 0, wall: 0 },
    isProven: true,
    receivedAt: performance.now(),
  }
}

function recordOf() {
  const applied = { epoch: 1, seq: 4 }
  return {
    service: 'orders',
    drives: false,
    leaseMs: LEASE_MS,
    applied,
    repaired: '',
    met: { counter: 0, random: '' },
    fences: 1,
  }
}

/** Receipts of an instance whose fences bring these pages, the last one again and again. */
function receiptsOf(pages: FencePage[]) {
  let sent = 0
  return createReceipts({
    instance: self,
    clock: systemClock,
    bounds: { rho: 0, epsilonMs: 0 },
    fence: async () => pages[Math.min(sent++, pages.length - 1)] as FencePage,
    isProven: () => false,
    currentEpoch: () => null,
    hasApplied: () => true,
    leaseMs: LEASE_MS,
  })
}

const change = { id: 'chg', position, startedAt: 0 }

describe('receipts across epochs', () => {
  test('a member that another history does not list has not left', async () => {
    const receipts = receiptsOf([pageOf('a', [self, other])])
    const receipt = receipts.enforce(change)
    await eventually(() => expect(receipts.waiting).toBe(1), { intervalMs: 1 })
    receipts.observe(pageOf('b', [self]))
    expect((await receipt).instances).toMatchObject([{ id: other, state: 'lease-ended' }])
  })

  test('a member that its own history does not list any more has left', async () => {
    const receipts = receiptsOf([pageOf('a', [self, other])])
    const receipt = receipts.enforce(change)
    await eventually(() => expect(receipts.waiting).toBe(1), { intervalMs: 1 })
    receipts.observe(pageOf('a', [self]))
    expect(await receipt).toMatchObject({ level: 'enforced', instances: [{ state: 'left' }] })
  })

  test('what was waited out while the history changed is indeterminate', async () => {
    const receipts = receiptsOf([pageOf('a', [self, other]), pageOf('b', [self, other])])
    expect((await receipts.enforce(change)).level).toBe('indeterminate')
  })

  test('what was waited out under the same history is enforced', async () => {
    const receipts = receiptsOf([pageOf('a', [self, other])])
    expect(await receipts.enforce(change)).toMatchObject({
      level: 'enforced',
      instances: [{ state: 'lease-ended' }],
    })
  })
})
