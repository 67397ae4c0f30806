import { shareOf } from './demand.ts'
import { demandsOf } from './demands.ts'
import type { UnitCosts } from './unit-costs.ts'
import { count, given } from './words.ts'
import type { World } from './world.ts'

/** Of what can be full by itself, the one that is nearest to it. */
export function breaksFirst(costs: UnitCosts, world: World, when: string): string {
  const [first] = demandsOf(costs, world).sort((a, b) => shareOf(b) - shareOf(a))
  if (!first) throw new TypeError('no demands')
  const shareWith = (other: World) => {
    const same = demandsOf(costs, other).find(({ name }) => name === first.name)
    return same ? shareOf(same) : 0
  }
  const people = fullAt((number) => shareWith({ ...world, people: number }))
  const instances = fullAt((number) => shareWith({ ...world, instances: number }))
  return `${when}, first to be full: ${first.name}, at ${given(100 * shareOf(first))} %. It would be full with ${people} people and these instances, or with these people and ${instances} instances.`
}

/** More than anybody has. */
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
