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
  /** Of Redis: one fence, one change. */
  readonly fence: CostByInstances
  readonly change: CostByInstances
  /** Of an instance: one fence, one event, in microseconds. */
  readonly fenceInstanceUs: number
  readonly eventInstanceUs: number
  /** At Redis, of each instance. */
  readonly connections: number
}

/** What depends on the number of instances: measured with the most, and by how much it rises with each further one. */
export interface CostByInstances {
  readonly measured: number
  readonly cost: ServerUse
  readonly rise: ServerUse
}

/** With so many instances, on a line from what was measured. */
export function costWith({ measured, cost, rise }: CostByInstances, instances: number): ServerUse {
  const on = (name: keyof ServerUse) => cost[name] + rise[name] * (instances - measured)
  return { processorUs: on('processorUs'), bytesIn: on('bytesIn'), bytesOut: on('bytesOut') }
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
    fence: byInstances(
      instances,
      ({ fenceServer }) => fenceServer,
      ({ oneMoreFence }) => oneMoreFence,
    ),
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

/**
 * @param risingOf What to take the rise from, if something else shows it more clearly.
 */
function byInstances(
  rounds: Run['instances'],
  useOf: (round: InstancesRound) => ServerUse,
  risingOf = useOf,
): CostByInstances {
  const [fewer = 0, most = 0] = (rounds[0] ?? []).map(({ instances }) => instances).slice(-2)
  const at = (size: number, of: typeof useOf) =>
    medianUse(rounds.flatMap((round) => round.filter((r) => r.instances === size).map(of)))
  const [low, high] = [at(fewer, risingOf), at(most, risingOf)]
  const rise = (name: keyof ServerUse) => Math.max(0, high[name] - low[name]) / (most - fewer)
  return {
    measured: most,
    cost: at(most, useOf),
    rise: {
      processorUs: rise('processorUs'),
      bytesIn: rise('bytesIn'),
      bytesOut: rise('bytesOut'),
    },
  }
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
