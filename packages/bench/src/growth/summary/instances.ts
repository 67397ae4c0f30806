import { latencyRow, medianFigure } from '../../report/figures.ts'
import type { Figure, Section } from '../../report/result.ts'
import type { InstancesRound } from '../instances/measure-instances.ts'
import type { Run } from '../run.ts'
import { count } from '../simulation/words.ts'
import { FENCES_PER_LEASE, WORLD } from '../simulation/world.ts'

export const RECEIPTS = 'from a change to its receipt, by instances'

export function instanceSections(run: Run): Section[] {
  return [fenceSection(run), receiptSection(run), changeSection(run)]
}

/** Rounds with so many instances, a row for each number but none. */
function withInstances({ instances: rounds }: Run): [name: string, rounds: InstancesRound[]][] {
  const sizes = (rounds[0] ?? []).map(({ instances }) => instances).filter((size) => size > 0)
  return sizes.map((size) => [
    `${count(size)} ${size === 1 ? 'instance' : 'instances'}`,
    rounds.flatMap((round) => round.filter(({ instances }) => instances === size)),
  ])
}

function over(rounds: readonly InstancesRound[], of: (round: InstancesRound) => number): Figure {
  return medianFigure(rounds.map(of))
}

function fenceSection(run: Run): Section {
  const perSecond = FENCES_PER_LEASE / (WORLD.leaseMs / 1_000)
  return {
    title: 'fences, by instances',
    unit: 'see column',
    notes: [
      `After what is used without any. Measured with a lease of a second, so that there are enough of them; a second of an instance is ${perSecond} fences, as with a lease of ${WORLD.leaseMs} ms. Every eighth lists all members. One more is that of somebody who sends one after the other.`,
    ],
    rows: withInstances(run).map(([name, rounds]) => ({
      name,
      samples: rounds.length,
      figures: {
        'Redis, us a fence': over(rounds, ({ fenceServer }) => fenceServer.processorUs),
        'Redis, us for a second of an instance': over(
          rounds,
          ({ fenceServer }) => fenceServer.processorUs * perSecond,
        ),
        'Redis, us for one more': over(rounds, ({ oneMoreFence }) => oneMoreFence.processorUs),
        'instance, us a fence': over(rounds, ({ fenceInstanceUs }) => fenceInstanceUs),
        'bytes out a fence': over(rounds, ({ fenceServer }) => fenceServer.bytesOut),
        'connections of an instance': over(rounds, ({ connections }) => connections),
      },
    })),
  }
}

function receiptSection(run: Run): Section {
  return {
    title: RECEIPTS,
    unit: 'ms',
    notes: [
      'Until the one who changed something knows that no instance decides on what was before, one change after the other.',
    ],
    rows: withInstances(run).map(([name, rounds]) =>
      latencyRow(
        name,
        rounds.map(({ receiptsMs }) => receiptsMs),
      ),
    ),
  }
}

function changeSection(run: Run): Section {
  return {
    title: 'a change, by instances',
    unit: 'us, and bytes',
    notes: [
      'Redis tells every instance, and lists all members to the one who asked. With a receipt every instance answers as well.',
    ],
    rows: withInstances(run).map(([name, rounds]) => ({
      name,
      samples: rounds.length,
      figures: {
        Redis: over(rounds, ({ changeServer }) => changeServer.processorUs),
        'Redis, with a receipt': over(rounds, ({ receiptServer }) => receiptServer.processorUs),
        'each instance': over(
          rounds,
          ({ changeInstancesUs, instances }) => changeInstancesUs / instances,
        ),
        'bytes out': over(rounds, ({ changeServer }) => changeServer.bytesOut),
      },
    })),
  }
}
