import { type ClockBounds, DEFAULT_CLOCK_BOUNDS } from '@portcullis/revocation'
import type { Decision, Fault, History, Instant } from './history.ts'

export interface CheckOptions {
  /** Longest lease of any instance, in milliseconds. */
  readonly leaseMs: number
  readonly bounds?: ClockBounds
}

/** An accept that the guarantee excludes. */
export interface Violation {
  readonly guarantee: 'enforced' | 'bound'
  readonly decision: Decision
  /** From which instant on it should have been refused. */
  readonly refusedFrom: Instant
}

export interface Verdict {
  /** Accepts after the revocation was reported `enforced`, by decisions that were certainly taken later. */
  readonly acceptsAfterEnforced: readonly Violation[]
  /** Accepts later than a lease, its clock error and the time of a decision after a majority had the revocation. */
  readonly acceptsAfterBound: readonly Violation[]
  /** Sessions that were reported ended for everyone. */
  readonly enforced: number
  readonly durable: number
  /** Sessions whose end was asked for and never reported. */
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
  const reports = reportsOf(history)
  const boundMs = leaseMs * (1 + bounds.rho) + bounds.epsilonMs
  const accepted = history.decisions.filter(({ outcome }) => outcome === 'accepted')

  const violations = (guarantee: Violation['guarantee'], from: (report: Report) => Instant) =>
    accepted.flatMap((decision): Violation[] => {
      const report = reports.get(decision.session)
      const refusedFrom = report ? from(report) : Number.POSITIVE_INFINITY
      return decision.earliest > refusedFrom ? [{ guarantee, decision, refusedFrom }] : []
    })

  const onKept = decisionsOn(history, history.kept)
  const onLiving = decisionsOn(history, [...history.kept, ...history.expendable])
  const all = [...reports.values()]
  return {
    acceptsAfterEnforced: violations('enforced', ({ enforcedAt }) => enforcedAt),
    acceptsAfterBound: violations('bound', ({ majorityAt }) => majorityAt + boundMs),
    enforced: all.filter(({ enforcedAt }) => Number.isFinite(enforcedAt)).length,
    durable: all.filter(({ durable }) => durable).length,
    unreported: all.filter(({ enforcedAt }) => !Number.isFinite(enforcedAt)).length,
    decisions: history.decisions.length,
    fencedAfterMs: history.faults.flatMap((fault) => timesToFence(fault, onLiving, onKept)),
    recoveredAfterMs: history.faults.flatMap((fault) => timesToRecover(fault, onKept)),
    falseRefusals: falseRefusals(history.faults, onKept),
    wronglyEnded: onKept.filter(({ outcome }) => outcome === 'refused'),
    enforcedAfterMs: all
      .filter(({ enforcedAt }) => Number.isFinite(enforcedAt))
      .map(({ calledAt, enforcedAt }) => enforcedAt - calledAt),
  }
}

interface Report {
  readonly calledAt: Instant
  readonly enforcedAt: Instant
  readonly majorityAt: Instant
  readonly durable: boolean
}

/** Of several attempts the first that says something counts: it cannot be taken back. */
function reportsOf({ revocations }: History): Map<string, Report> {
  const reports = new Map<string, Report>()
  for (const { session, calledAt, level, resolvedAt, majorityAt, durable } of revocations) {
    const before = reports.get(session)
    const enforcedAt = level === 'enforced' ? resolvedAt : Number.POSITIVE_INFINITY
    reports.set(session, {
      calledAt: Math.min(calledAt, before?.calledAt ?? Number.POSITIVE_INFINITY),
      enforcedAt: Math.min(enforcedAt, before?.enforcedAt ?? Number.POSITIVE_INFINITY),
      majorityAt: Math.min(
        majorityAt ?? Number.POSITIVE_INFINITY,
        before?.majorityAt ?? Number.POSITIVE_INFINITY,
      ),
      durable: (before?.durable ?? false) || (level === 'enforced' && durable),
    })
  }
  return reports
}

function decisionsOn({ decisions }: History, sessions: readonly string[]): Decision[] {
  const names = new Set(sessions)
  return decisions
    .filter(({ session }) => names.has(session))
    .sort((a, b) => a.earliest - b.earliest)
}

function timesToFence(
  fault: Fault,
  onLiving: readonly Decision[],
  onKept: readonly Decision[],
): number[] {
  return fault.instances.flatMap((instance) => {
    const first = onLiving.find(
      (d) =>
        d.instance === instance &&
        isRefusal(d) &&
        d.latest >= fault.from &&
        d.earliest <= endOfRecovery(fault, instance, onKept),
    )
    return first ? [Math.max(0, first.earliest - fault.from)] : []
  })
}

function timesToRecover(fault: Fault, onKept: readonly Decision[]): number[] {
  return fault.instances.map(
    (instance) => endOfRecovery(fault, instance, onKept, 'latest') - fault.to,
  )
}

/** The first accept of something asked after the heal and after the last refusal that it still explains. */
function endOfRecovery(
  fault: Fault,
  instance: string,
  onKept: readonly Decision[],
  side: 'earliest' | 'latest' = 'earliest',
): Instant {
  const later = onKept.filter((d) => d.instance === instance && d.earliest >= fault.to)
  const explained = later.findLast((d) => isRefusal(d) && d.earliest < fault.settledBy)
  const from = explained?.latest ?? fault.to
  const first = later.find(({ outcome, earliest }) => outcome === 'accepted' && earliest >= from)
  return first?.[side] ?? Number.POSITIVE_INFINITY
}

function isRefusal({ outcome }: Decision): boolean {
  return outcome === 'refused' || outcome === 'unverifiable'
}

function falseRefusals(faults: readonly Fault[], onKept: readonly Decision[]): Decision[] {
  const instances = new Set(onKept.map(({ instance }) => instance))
  return [...instances].flatMap((instance) => {
    const own = onKept.filter((d) => d.instance === instance)
    const firstAccept = own.find(({ outcome }) => outcome === 'accepted')?.earliest
    const troubled = faults.map((fault) => ({
      from: fault.from,
      to: endOfRecovery(fault, instance, onKept),
    }))
    return own.filter(
      (d) =>
        isRefusal(d) &&
        firstAccept !== undefined &&
        d.earliest >= firstAccept &&
        !troubled.some(({ from, to }) => d.latest >= from && d.earliest <= to),
    )
  })
}
