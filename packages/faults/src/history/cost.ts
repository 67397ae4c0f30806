import type { Decision, Fault, Instant } from './history.ts'

/** From the fault to the first question that was not answered by an accept, of each affected instance with one. */
export function timesToFence(
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

/** From the heal to the first accept of each affected instance; Infinity for one that never accepted again. */
export function timesToRecover(fault: Fault, onKept: readonly Decision[]): number[] {
  return fault.instances.map(
    (instance) => endOfRecovery(fault, instance, onKept, 'latest') - fault.to,
  )
}

/** Refusals from an instance's first accept on, outside of faults and the recovery from them. */
export function falseRefusals(faults: readonly Fault[], onKept: readonly Decision[]): Decision[] {
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
