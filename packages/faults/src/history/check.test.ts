import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import type { Decision, Fault, History, Outcome, RevocationAttempt } from './history.ts'

const OPTIONS = { leaseMs: 1_000, bounds: { rho: 0.01, epsilonMs: 50 } }

const decision = (at: number, outcome: Outcome, session = 'a', tookMs = 1): Decision => ({
  instance: 'orders',
  session,
  earliest: at,
  latest: at + tookMs,
  outcome,
  claimsVersion: null,
  via: 'request',
})

const attempt = (of: Partial<RevocationAttempt> = {}): RevocationAttempt => ({
  session: 'a',
  claimsBelow: null,
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
  durability: 'possible',
  survivors: [],
  ...of,
})

const fault = (of: Partial<Fault> = {}): Fault => ({
  name: 'f',
  from: 100,
  to: 300,
  settledBy: 300,
  instances: ['orders'],
  deniesDurability: false,
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
    const faults = [fault()]
    const decisions = [decision(90, 'accepted', 'k'), decision(150, 'refused', 'k')]
    const verdict = check(history({ decisions, faults, kept: ['k'] }), OPTIONS)
    expect(verdict.wronglyEnded).toEqual([decisions[1]])
  })

  test('something put out after the end on a stream that was let in before it', () => {
    const put = (at: number): Decision => ({ ...decision(at, 'accepted'), via: 'stream' })
    const verdict = check(
      history({ decisions: [put(199), put(201)], revocations: [attempt()] }),
      OPTIONS,
    )
    expect(verdict.acceptsAfterEnforced).toHaveLength(1)
  })

  test('a decision on claims that are over, also of somebody who went on to newer ones', () => {
    const by = (at: number, claimsVersion: number) => ({
      ...decision(at, 'accepted'),
      claimsVersion,
    })
    const decisions = [by(150, 1), by(210, 2), by(220, 1)]
    const revocations = [attempt({ claimsBelow: 2 })]
    const verdict = check(history({ decisions, revocations }), OPTIONS)
    expect(verdict.acceptsAfterEnforced).toEqual([
      { guarantee: 'enforced', decision: decisions[2], refusedFrom: 200 },
    ])
  })

  test('a session whose end was durable, and that the truth has again', () => {
    const revocations = [attempt({ durable: true }), attempt({ session: 'b' })]
    const verdict = check(history({ revocations, survivors: ['a', 'b'] }), OPTIONS)
    expect(verdict.lost.map(({ session }) => session)).toEqual(['a', 'b'])
    expect(verdict.lostDurable.map(({ session }) => session)).toEqual(['a'])
  })

  test('durable, said of servers that lose what they answered', () => {
    const revocations = [attempt({ durable: true }), attempt({ durable: false })]
    const verdict = check(history({ revocations, durability: 'never' }), OPTIONS)
    expect(verdict.falselyDurable).toEqual([revocations[0]])
  })

  test('durable, said from beginning to end of a fault that keeps it from a server', () => {
    const revocations = [
      attempt({ durable: true, calledAt: 120 }),
      attempt({ durable: true, calledAt: 120, resolvedAt: 310 }),
      attempt({ durable: true, calledAt: 90 }),
    ]
    const faults = [fault({ deniesDurability: true })]
    const verdict = check(history({ revocations, faults }), OPTIONS)
    expect(verdict.falselyDurable).toEqual([revocations[0]])
  })
})

describe('a good history passes', () => {
  test('an accept that may have been decided before the report', () => {
    const decisions = [decision(199, 'accepted', 'a', 50), decision(201, 'refused')]
    const verdict = check(history({ decisions, revocations: [attempt()] }), OPTIONS)
    expect(verdict.acceptsAfterEnforced).toEqual([])
    expect(verdict).toMatchObject({ enforced: 1, unreported: 0 })
  })

  test('a decision on the claims that a change made, and on those before it while it was not reported', () => {
    const by = (at: number, claimsVersion: number | null) => ({
      ...decision(at, 'accepted'),
      claimsVersion,
    })
    const decisions = [by(199, 1), by(300, 2), by(301, 3), by(302, null)]
    const verdict = check(
      history({ decisions, revocations: [attempt({ claimsBelow: 2 })] }),
      OPTIONS,
    )
    expect(verdict.acceptsAfterEnforced).toEqual([])
    expect(verdict.enforced).toBe(1)
  })

  test('a change of claims ends no session: the truth still has it', () => {
    const revocations = [attempt({ claimsBelow: 2 })]
    expect(check(history({ revocations, survivors: ['a'] }), OPTIONS).lost).toEqual([])
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
  const faults = [fault({ from: 1_000, to: 2_000, settledBy: 2_000 })]

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
    const changed = faults.map((each) => ({ ...each, settledBy: 2_500 }))
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
