import type { Run } from '../run.ts'
import type { ServerUse } from '../server-counters.ts'
import { type CostByInstances, costByInstances } from './cost-by-instances.ts'
import { median, medianUse } from './medians.ts'

/** What one of everything costs, as this run measured it: medians of the rounds. */
export interface UnitCosts {
  /** Of Redis: one session, with the most sessions that were measured. */
  readonly sessionBytes: number
  /** Of Redis: cached claims of one person. */
  readonly claimsBytes: number
  /** Of Redis: to start a session, to note its use, in microseconds. */
  readonly startUs: number
  readonly touchUs: number
  /** Of Redis: to load a session and its claims. */
  readonly load: ServerUse
  /** Of a gateway: a request, and one whose session is loaded first (after claims have changed), in microseconds. */
  readonly requestUs: number
  readonly loadedRequestUs: number
  /** Of Redis: one fence; one change, which every instance is told and acknowledges. */
  readonly fence: CostByInstances
  readonly change: CostByInstances
  /** Of an instance: one fence, one event, in microseconds. */
  readonly fenceInstanceUs: number
  readonly eventInstanceUs: number
  /** At Redis, of each instance. */
  readonly connections: number
}

export function unitCostsOf({ sessions, instances, events }: Run): UnitCosts {
  const largest = sessions.at(-1)
  const most = instances[0]?.at(-1)?.instances
  if (!largest || most === undefined) throw new TypeError('nothing was measured')
  const ofMost = instances.flatMap((round) => round.filter((each) => each.instances === most))
  const startUs = median(sessions.map((each) => each.startUs))
  return {
    sessionBytes: largest.sessionBytes,
    claimsBytes: largest.claimsBytes,
    startUs,
    touchUs: median(largest.rounds.map(({ touchUs }) => touchUs)),
    load: medianUse(largest.rounds.map(({ load }) => load)),
    requestUs: median(largest.rounds.map(({ warmUs }) => warmUs)),
    loadedRequestUs: median(largest.rounds.map(({ changedUs }) => changedUs)),
    fence: costByInstances(
      instances,
      ({ fenceServer }) => fenceServer,
      ({ oneMoreFence }) => oneMoreFence,
    ),
    change: costByInstances(instances, ({ receiptServer }) => receiptServer),
    fenceInstanceUs: median(ofMost.map(({ fenceInstanceUs }) => fenceInstanceUs)),
    eventInstanceUs: eventCost(events),
    connections: median(ofMost.map(({ connections }) => connections)),
  }
}

/** Microseconds of a gateway for one event, at the highest rate, less what it uses without any. */
export function eventCost(events: Run['events']): number {
  return median(
    events.map((round) => {
      const [idle, busiest] = [round[0], round.at(-1)]
      if (!idle || !busiest || busiest.made === 0) throw new TypeError('no events were measured')
      return ((busiest.gatewayShare - idle.gatewayShare) * 1e6) / busiest.made
    }),
  )
}
