import { percentile } from '../../report/statistics.ts'
import type { Run } from '../run.ts'
import type { ServerUse } from '../server-counters.ts'

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
  /** Of Redis, with so many instances: one fence, one change. */
  readonly fence: (instances: number) => ServerUse
  readonly change: (instances: number) => ServerUse
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
    fence: byInstances(instances, ({ fenceServer }) => fenceServer),
    change: byInstances(instances, ({ changeServer }) => changeServer),
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

type InstancesRound = Run['instances'][number][number]

/** On the line through the two largest numbers of instances that were measured; never less than the larger of them. */
function byInstances(rounds: Run['instances'], useOf: (round: InstancesRound) => ServerUse) {
  const sizes = (rounds[0] ?? []).map(({ instances }) => instances)
  const [fewer = 0, most = 0] = sizes.slice(-2)
  const at = (size: number) =>
    medianUse(rounds.flatMap((round) => round.filter((r) => r.instances === size).map(useOf)))
  const [low, high] = [at(fewer), at(most)]
  const on = (from: number, to: number, instances: number) =>
    to + (Math.max(0, to - from) / (most - fewer)) * (instances - most)
  return (instances: number): ServerUse => ({
    processorUs: on(low.processorUs, high.processorUs, instances),
    bytesIn: on(low.bytesIn, high.bytesIn, instances),
    bytesOut: on(low.bytesOut, high.bytesOut, instances),
  })
}

function medianUse(uses: readonly ServerUse[]): ServerUse {
  return {
    processorUs: median(uses.map(({ processorUs }) => processorUs)),
    bytesIn: median(uses.map(({ bytesIn }) => bytesIn)),
    bytesOut: median(uses.map(({ bytesOut }) => bytesOut)),
  }
}

function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}
