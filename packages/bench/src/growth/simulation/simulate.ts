import { medianFigure } from '../../report/figures.ts'
import type { Row, Section } from '../../report/result.ts'
import { type Demand, demandsOf, redisLoads } from './demands.ts'
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

const share = ({ needed, room }: Demand) => needed / room
const percent = (demand: Demand) => 100 * share(demand)

/** `Redis, memory, GiB` */
const withoutUnit = (name: string) => name.replace(/, (?:cores|GiB|Gbit\/s)$/, '')

function explain({ name, arithmetic, needed }: Demand): string {
  return `${name}: ${arithmetic} = ${given(needed)}.`
}

function assumptions({ people, instances, gateways, daily, peak, leaseMs }: World): string {
  return `Assumed: one Redis primary; a live session for each of ${count(people)} people; ${count(instances)} instances, ${gateways} of them gateways; a lease of ${leaseMs} ms. Of each person a day ${daily.requests} requests, ${daily.visits} of which find the session in no memory since a person stays with one gateway for a visit, ${daily.signIns} sign-in, ${daily.changes} changes (sign-outs, roles), ${daily.minutes} minutes of use; the busiest hour has ${peak} times the mean. What depends on the number of instances rises from the largest that was measured, by as much for each further one as between the two largest.`
}

/** Of what can be full by itself, the one that is nearest to it. */
function breaksFirst(costs: UnitCosts, world: World, when: string): string {
  const [first] = demandsOf(costs, world).sort((a, b) => share(b) - share(a))
  if (!first) throw new TypeError('no demands')
  const shareWith = (other: World) => {
    const same = demandsOf(costs, other).find(({ name }) => name === first.name)
    return same ? share(same) : 0
  }
  const people = fullAt((number) => shareWith({ ...world, people: number }))
  const instances = fullAt((number) => shareWith({ ...world, instances: number }))
  return `${when}, first to be full: ${first.name}, at ${given(100 * share(first))} %. It would be full with ${people} people and these instances, or with these people and ${instances} instances.`
}

const MOST = 1e12

/** Where something that rises reaches 1. */
function fullAt(shareWith: (number: number) => number): string {
  if (shareWith(MOST) < 1) return 'any number of'
  if (shareWith(0) >= 1) return 'no number of'
  let [below, above] = [0, MOST]
  while (above - below > Math.max(1, below / 1_000)) {
    const middle = (below + above) / 2
    if (shareWith(middle) < 1) below = middle
    else above = middle
  }
  return count(Number(below.toPrecision(2)))
}

function window(world: World): string {
  const events = perSecond(world, world.daily.changes)
  const seconds = KEPT_EVENTS / events
  return `An instance keeps ${count(KEPT_EVENTS)} floors and the log as many entries: at ${count(events)} events a second a session that was not used for ${count(seconds)} s is loaded again, and an instance that was cut off for longer starts anew.`
}
