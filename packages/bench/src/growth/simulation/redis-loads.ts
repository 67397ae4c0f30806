import { type CostByInstances, costWith } from './cost-by-instances.ts'
import type { Demand } from './demand.ts'
import type { UnitCosts } from './unit-costs.ts'
import { count, given } from './words.ts'
import { FENCES_PER_LEASE, fencesPerSecond, perSecond, ROOM, type World } from './world.ts'

/** Shares of the core on which Redis runs commands, which they need together. */
export function redisLoads(costs: UnitCosts, world: World): Demand[] {
  const { instances, leaseMs, daily } = world
  const fences = fencesPerSecond(world)
  const load = (name: string, rate: number, us: number, words: string, each = ''): Demand => ({
    name: `Redis, processor for ${name}, cores`,
    needed: (rate * us) / 1e6,
    room: ROOM.cores,
    arithmetic: `${words} = ${count(rate)} a second; ${each}${given(us)} us each; together`,
  })
  const everybody = (times: number) =>
    `${count(world.people)} people x ${times} a day x ${world.peak} / 86,400 s`
  const of = (times: number) => perSecond(world, times)
  return [
    load(
      'fences',
      fences,
      costWith(costs.fence, instances).processorUs,
      `${count(instances)} instances x ${FENCES_PER_LEASE} / ${leaseMs / 1_000} s`,
      onLine(costs.fence, instances),
    ),
    load(
      'changes',
      of(daily.changes),
      costWith(costs.change, instances).processorUs,
      everybody(daily.changes),
      onLine(costs.change, instances),
    ),
    load('loads', of(daily.visits), costs.load.processorUs, everybody(daily.visits)),
    load('sign-ins', of(daily.signIns), costs.startUs, everybody(daily.signIns)),
    load('noting use', of(daily.minutes), costs.touchUs, everybody(daily.minutes)),
  ]
}

/** How the processor time of one comes about. */
function onLine({ measured, cost, rise }: CostByInstances, instances: number): string {
  return `${given(cost.processorUs)} us with ${measured} instances + ${given(rise.processorUs)} x (${count(instances)} - ${measured}) = `
}
