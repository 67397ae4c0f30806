import type { History, Instant, RevocationAttempt } from './history.ts'

/** What was said of one change, over all attempts at it. */
export interface Report {
  readonly session: string
  /** See `RevocationAttempt`. */
  readonly claimsBelow: number | null
  readonly calledAt: Instant
  /** Infinity if that was never said. */
  readonly enforcedAt: Instant
  readonly majorityAt: Instant
  readonly durable: boolean
}

/** Of several attempts the first that says something counts: it cannot be taken back. */
export function reportsOf({ revocations }: History): Report[] {
  const reports = new Map<string, Report>()
  for (const attempt of revocations) {
    const change = `${attempt.session} ${attempt.claimsBelow ?? 'ends'}`
    reports.set(change, merge(reports.get(change), attempt))
  }
  return [...reports.values()]
}

function merge(before: Report | undefined, attempt: RevocationAttempt): Report {
  const { session, claimsBelow, calledAt, level, resolvedAt, majorityAt, durable } = attempt
  const isEnforced = level === 'enforced'
  return {
    session,
    claimsBelow,
    calledAt: earlier(before?.calledAt, calledAt),
    enforcedAt: earlier(before?.enforcedAt, isEnforced ? resolvedAt : null),
    majorityAt: earlier(before?.majorityAt, majorityAt),
    durable: (before?.durable ?? false) || (isEnforced && durable),
  }
}

function earlier(one: Instant | undefined, other: Instant | null): Instant {
  return Math.min(one ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY)
}

/** Reports of `durable` where these servers, or the fault that lasted, did not allow any. */
export function falselyDurable(history: History): RevocationAttempt[] {
  const { revocations, faults, durability } = history
  const denying = faults.filter((fault) => fault.deniesDurability)
  return revocations.filter(
    ({ level, durable, calledAt, resolvedAt }) =>
      level === 'enforced' &&
      durable &&
      (durability === 'never' ||
        denying.some(({ from, to }) => from <= calledAt && resolvedAt <= to)),
  )
}
