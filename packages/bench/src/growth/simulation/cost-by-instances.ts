import type { Run } from '../run.ts'
import type { ServerUse } from '../server-counters.ts'
import { medianUse } from './medians.ts'

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

type InstancesRound = Run['instances'][number][number]

/**
 * @param risingOf What to take the rise from, if something else shows it more clearly.
 */
export function costByInstances(
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
