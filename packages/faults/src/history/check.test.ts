import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import type { Decision, History, Outcome, RevocationAttempt } from './history.ts'

const OPTIONS = { leaseMs: 1_000, bounds: { rho: 0.01, epsilonMs: 50 } }

const decision = (at: number, outcome: Outcome, session = 'a', tookMs = 1): Decision => ({
  instance: 'orders',
  session,
  earliest: at,
  latest: at + tookMs,
  outcome,
})

const attempt = (of: Partial<RevocationAttempt> = {}): RevocationAttempt => ({
  session: 'a',
  calledAt: 100,
  resolvedAt: 200,
  level: 'enforced',
  durable: false,
  majorityAt: 150,
  ...of,
})

const history = (of: Partial<History>): History => ({
  decisions: [],
  revocations: [],
  faults: [],
  kept: [],
  expendable: [],
  ...of,
})

describe('a known bad history is found out', () => {
  test('an accept after the revocation was reported enforced', () => {
    const decisions = [decision(90, 'accepted'), decision(201, 'accepted')]
    const verdict = check(history({ decisions, revocations: [attempt()] }), OPTIONS)
    expect(verdict.acceptsAfterEnforced).toEqual([
      { guarantee: 'enforced', decision: decisions[1], refusedFrom: 200 },
    ])
  })

  test('a session that comes back long after it was refused everywhere', () => {
    const decisions = [decision(250, 'refused'), decision(60_000, 'accepted')]
    const verdict = check(history({ decisions, revocations: [attempt()] }), OPTIONS)
    expect(verdict.acceptsAfterEnforced).toHaveLength(1)
    expect(verdict.acceptsAfterBound).toHaveLength(1)
  })

  test('an accept later than the bound, of a revocation that was never reported enforced', () => {
    const revocations = [attempt({ level: 'pending' })]
    const decisions = [decision(1_200, 'accepted'), decision(1_211, 'accepted')]
    const verdict = check(history({ decisions, revocations }), OPTIONS)
    expect(verdict.acceptsAfterEnforced).toHaveLength(0)
    expect(verdict.acceptsAfterBound).toEqual([
      { guarantee: 'bound', decision: decisions[1], refusedFrom: 1_210 },
    ])
  })

  test('the first report counts, whatever later attempts say', () => {
    const revocations = [attempt(), attempt({ resolvedAt: 900 }), attempt({ level: 'failed' })]
    const verdict = check(history({ decisions: [decision(300, 'accepted')], revocations }), OPTIONS)
    expect(verdict.acceptsAfterEnforced).toHaveLength(1)
  })

  test('a kept session that is said to have ended, also during a fault', () => {
    const faults = [{ name: 'f', from: 100, to: 300, settledBy: 300, instances: ['orders'] }]
    const decisions = [decision(90, 'accepted', 'k'), decision(150, 'refused', 'k')]
    const verdict = check(history({ decisions, faults, kept: ['k'] }), OPTIONS)
    expect(verdict.wronglyEnded).toEqual([decisions[1]])
  })
})

describe('a good history passes', () => {
  test('an accept that may have been decided before the report', () => {
    const decisions = [decision(199, 'accepted', 'a', 50), decision(201, 'refused')]
    const verdict = check(history({ decisions, revocations: [attempt()] }), OPTIONS)
    expect(verdict.acceptsAfterEnforced).toEqual([])
    expect(verdict).toMatchObject({ enforced: 1, unreported: 0 })
  })

  test('accepts of a revocation that nobody reported', () => {
    const revocations = [attempt({ level: 'failed', majorityAt: null })]
    const verdict = check(
      history({ decisions: [decision(9_000, 'accepted')], revocations }),
      OPTIONS,
    )
    expect(verdict.acceptsAfterEnforced).toEqual([])
    expect(verdict.acceptsAfterBound).toEqual([])
    expect(verdict.unreported).toBe(1)
  })
})

describe('what a fault cost', () => {
  const faults = [{ name: 'f', from: 1_000, to: 2_000, settledBy: 2_000, instances: ['orders'] }]

  test('times count from the fault to the first refusal and from the heal to the first accept', () => {
    const decisions = [
      decision(900, 'accepted', 'k'),
      decision(1_100, 'accepted', 'k'),
      decision(1_400, 'unverifiable', 'k'),
      decision(2_100, 'unverifiable', 'k'),
      decision(2_500, 'accepted', 'k'),
    ]
    const verdict = check(history({ decisions, faults, kept: ['k'] }), OPTIONS)
    expect(verdict.fencedAfterMs).toEqual([400])
    expect(verdict.recoveredAfterMs).toEqual([501])
    expect(verdict.falseRefusals).toEqual([])
  })

  test('while leases from before may still run, an accept is no recovery yet', () => {
    const decisions = [
      decision(2_100, 'accepted', 'k'),
      decision(2_400, 'unverifiable', 'k'),
      decision(2_450, 'accepted', 'k'),
    ]
    const changed = faults.map((fault) => ({ ...fault, settledBy: 2_500 }))
    const verdict = check(history({ decisions, faults: changed, kept: ['k'] }), OPTIONS)
    expect(verdict.recoveredAfterMs).toEqual([451])
    expect(verdict.falseRefusals).toEqual([])
  })

  test('an instance that never accepts again has not recovered', () => {
    const decisions = [decision(900, 'accepted', 'k'), decision(1_400, 'unverifiable', 'k')]
    const verdict = check(history({ decisions, faults, kept: ['k'] }), OPTIONS)
    expect(verdict.recoveredAfterMs).toEqual([Number.POSITIVE_INFINITY])
  })

  test('a refusal after the recovery is a false one, one before the first accept is not', () => {
    const decisions = [
      decision(100, 'unverifiable', 'k'),
      decision(900, 'accepted', 'k'),
      decision(2_500, 'accepted', 'k'),
      decision(2_600, 'unverifiable', 'k'),
    ]
    const verdict = check(history({ decisions, faults, kept: ['k'] }), OPTIONS)
    expect(verdict.falseRefusals).toEqual([decisions[3]])
  })
})
