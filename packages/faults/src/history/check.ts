import { type ClockBounds, DEFAULT_CLOCK_BOUNDS } from '@portcullis/revocation'
import { falseRefusals, timesToFence, timesToRecover } from './cost.ts'
import type { Decision, History, Instant, RevocationAttempt } from './history.ts'
import { falselyDurable, type Report, reportsOf } from './reports.ts'

export interface CheckOptions {
  /** Longest lease of any instance, in milliseconds. */
  readonly leaseMs: number
  readonly bounds?: ClockBounds
}

/** An accept that the guarantee excludes: of a session that ended, or by claims that are over. */
export interface Violation {
  readonly guarantee: 'enforced' | 'bound'
  readonly decision: Decision
  /** From which instant on it should have been refused. */
  readonly refusedFrom: Instant
}

export interface Verdict {
  /** Accepts after the change was reported `enforced`, by decisions that were certainly taken later. */
  readonly acceptsAfterEnforced: readonly Violation[]
  /** Accepts later than a lease, its clock error and the time of a decision after a majority had the change. */
  readonly acceptsAfterBound: readonly Violation[]
  /** Ends of sessions reported `enforced` that the truth had forgotten in the end. */
  readonly lost: readonly Report[]
  /** The same of those that were reported `durable` as well. */
  readonly lostDurable: readonly Report[]
  /** Reports of `durable` that nothing could have backed. */
  readonly falselyDurable: readonly RevocationAttempt[]
  /** Changes that were reported in force for everyone. */
  readonly enforced: number
  readonly durable: number
  /** Changes that were asked for and never reported. */
  readonly unreported: number
  readonly decisions: number
  /** From the fault to the first question that was not answered by an accept, of each affected instance with one. */
  readonly fencedAfterMs: readonly number[]
  /** From the heal to the first accept of each affected instance; Infinity for one that never accepted again. */
  readonly recoveredAfterMs: readonly number[]
  /** Refusals of kept sessions from the first accept on, outside of faults and the recovery from them. */
  readonly falseRefusals: readonly Decision[]
  /** Kept sessions that were said not to exist, whenever. */
  readonly wronglyEnded: readonly Decision[]
  /** From the first call to `enforced`, repetitions included. */
  readonly enforcedAfterMs: readonly number[]
}

/** Judges what was recorded, knowing nothing of how the system works. */
export function check(history: History, options: CheckOptions): Verdict {
  const { leaseMs, bounds = DEFAULT_CLOCK_BOUNDS } = options
  const boundMs = leaseMs * (1 + bounds.rho) + bounds.epsilonMs
  const reports = reportsOf(history)
  const enforced = reports.filter(({ enforcedAt }) => Number.isFinite(enforcedAt))
  const violations = violationsOf(history, reports)
  const lost = lostOf(history, enforced)
  const onKept = requestsOn(history, history.kept)
  const onLiving = requestsOn(history, [...history.kept, ...history.expendable])
  return {
    acceptsAfterEnforced: violations('enforced', ({ enforcedAt }) => enforcedAt),
    acceptsAfterBound: violations('bound', ({ majorityAt }) => majorityAt + boundMs),
    lost,
    lostDurable: lost.filter(({ durable }) => durable),
    falselyDurable: falselyDurable(history),
    enforced: enforced.length,
    durable: reports.filter(({ durable }) => durable).length,
    unreported: reports.length - enforced.length,
    decisions: history.decisions.length,
    fencedAfterMs: history.faults.flatMap((fault) => timesToFence(fault, onLiving, onKept)),
    recoveredAfterMs: history.faults.flatMap((fault) => timesToRecover(fault, onKept)),
    falseRefusals: falseRefusals(history.faults, onKept),
    wronglyEnded: onKept.filter(({ outcome }) => outcome === 'refused'),
    enforcedAfterMs: enforced.map(({ calledAt, enforcedAt }) => enforcedAt - calledAt),
  }
}

/** Looks for accepts after an instant that each report names; with the earliest such instant of each. */
function violationsOf({ decisions }: History, reports: readonly Report[]) {
  const bySession = Map.groupBy(reports, ({ session }) => session)
  const accepted = decisions.filter(({ outcome }) => outcome === 'accepted')
  return (guarantee: Violation['guarantee'], from: (report: Report) => Instant) =>
    accepted.flatMap((decision): Violation[] => {
      const excluding = (bySession.get(decision.session) ?? []).filter((report) =>
        excludes(report, decision),
      )
      const refusedFrom = Math.min(Number.POSITIVE_INFINITY, ...excluding.map(from))
      return decision.earliest > refusedFrom ? [{ guarantee, decision, refusedFrom }] : []
    })
}

function excludes({ claimsBelow }: Report, { claimsVersion }: Decision): boolean {
  return claimsBelow === null || (claimsVersion !== null && claimsVersion < claimsBelow)
}

function lostOf({ survivors }: History, enforced: readonly Report[]): Report[] {
  const names = new Set(survivors)
  return enforced.filter(({ session, claimsBelow }) => claimsBelow === null && names.has(session))
}

function requestsOn({ decisions }: History, sessions: readonly string[]): Decision[] {
  const names = new Set(sessions)
  return decisions
    .filter(({ session, via }) => via === 'request' && names.has(session))
    .sort((a, b) => a.earliest - b.earliest)
}
