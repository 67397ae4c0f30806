import { medianFigure } from '../../report/figures.ts'
import type { Row, Section } from '../../report/result.ts'
import { breaksFirst } from './breaks-first.ts'
import { type Demand, shareOf } from './demand.ts'
import { demandsOf } from './demands.ts'
import { redisLoads } from './redis-loads.ts'
import type { UnitCosts } from './unit-costs.ts'
import { count, given } from './words.ts'
import { perSecond, WORLD, type World } from './world.ts'

/** Floors that an instance keeps, and entries that the log keeps; see infra/guides/configuration.md. */
const KEPT_EVENTS = 100_000

export interface Simulation {
  /** What is needed of everything, and how much of it there is, with the arithmetic. */
  readonly needs: Section
  /** How much of what there is that would be, with all instances at Redis and with gateways alone. */
  readonly shares: Section
}

/** What a large installation would need, from the unit costs of a run: arithmetic, not a measurement. */
export function simulate(costs: UnitCosts, world: World = WORLD): Simulation {
  // Services that fence through gateways are no clients of Redis.
  const behind = { ...world, instances: world.gateways }
  const direct = allDemands(costs, world)
  const relayed = allDemands(costs, behind)
  const who = `${count(world.people)} people, ${count(world.instances)} instances`
  return {
    needs: {
      title: `simulated: ${who}, what is needed`,
      unit: 'as the row says',
      notes: [assumptions(world), ...direct.map(explain), window(world)],
      rows: direct.map(({ name, needed, room }) => rowOf(name, { needed, room })),
    },
    shares: {
      title: `simulated: ${who}, how full`,
      unit: '%',
      notes: [
        breaksFirst(costs, world, 'With all instances at Redis'),
        breaksFirst(
          costs,
          behind,
          `With ${count(behind.instances)} gateways at Redis and services behind them`,
        ),
      ],
      rows: direct.map((demand, n) =>
        rowOf(withoutUnit(demand.name), {
          [ALL_AT_REDIS]: percent(demand),
          'gateways alone at Redis': percent(relayed[n] ?? demand),
        }),
      ),
    },
  }
}

export const ALL_AT_REDIS = 'all at Redis'

function allDemands(costs: UnitCosts, world: World): Demand[] {
  return [...redisLoads(costs, world), ...demandsOf(costs, world)]
}

function rowOf(name: string, figures: Record<string, number>): Row {
  const each = Object.entries(figures).map(([figure, value]) => [figure, medianFigure([value])])
  return { name, samples: 1, figures: Object.fromEntries(each) }
}

const percent = (demand: Demand) => 100 * shareOf(demand)

/** `Redis, memory, GiB` */
const withoutUnit = (name: string) => name.replace(/, (?:cores|GiB|Gbit\/s)$/, '')

function explain({ name, arithmetic, needed }: Demand): string {
  return `${name}: ${arithmetic} = ${given(needed)}.`
}

function assumptions({ people, instances, gateways, daily, peak, leaseMs }: World): string {
  return `Assumed: one Redis primary; a live session for each of ${count(people)} people; ${count(instances)} instances, ${gateways} of them gateways; a lease of ${leaseMs} ms. Of each person a day ${daily.requests} requests, ${daily.visits} of which find the session in no memory since a person stays with one gateway for a visit, ${daily.signIns} sign-in, ${daily.changes} changes (sign-outs, roles), each acknowledged by every instance, ${daily.minutes} minutes of use; the busiest hour has ${peak} times the mean. What depends on the number of instances rises from the largest that was measured, by as much for each further one as between the two largest.`
}

function window(world: World): string {
  const events = perSecond(world, world.daily.changes)
  const seconds = KEPT_EVENTS / events
  return `An instance keeps ${count(KEPT_EVENTS)} floors and the log as many entries: at ${count(events)} events a second a session that was not used for ${count(seconds)} s is loaded again, and an instance that was cut off for longer starts anew.`
}
