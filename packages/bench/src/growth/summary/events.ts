import { latencyRow, medianFigure } from '../../report/figures.ts'
import type { Section } from '../../report/result.ts'
import { percentile } from '../../report/statistics.ts'
import type { EventsRound } from '../events/measure-events.ts'
import type { Run } from '../run.ts'
import { eventCost } from '../simulation/unit-costs.ts'
import { count, given } from '../simulation/words.ts'
import { FENCES_PER_LEASE, WORLD } from '../simulation/world.ts'

export const FOLLOWING = 'processor of a gateway that follows, by events a second'
export const RECEIPTS_BESIDE = 'from a change to its receipt, by events a second'
/** Of what was asked for, what has to be made for the rate to count as reached. */
const REACHED = 0.95
/** A receipt may take as long as there is between two fences, in milliseconds. */
const LATE_MS = WORLD.leaseMs / FENCES_PER_LEASE

export function eventSections(run: Run): Section[] {
  const rates = byRate(run)
  const latencies = (
    title: string,
    notes: string[],
    of: (round: EventsRound) => readonly number[],
  ) =>
    ({
      title,
      unit: 'ms',
      notes,
      rows: rates.map(([name, rounds]) => latencyRow(name, rounds.map(of))),
    }) satisfies Section
  return [
    costSection(run),
    requestSection(run),
    latencies(
      RECEIPTS_BESIDE,
      ['Until the gateway and who changed it have applied it, behind all events before it.'],
      ({ receiptsMs }) => receiptsMs,
    ),
    latencies(
      'requests, by events a second',
      ['One after the other, while the gateway applies the events.'],
      ({ requestsMs }) => requestsMs,
    ),
  ]
}

export function rateName(rate: number): string {
  return `${count(rate)} events a second`
}

function byRate({ events }: Run): [name: string, rounds: EventsRound[]][] {
  const rates = (events[0] ?? []).map(({ rate }) => rate)
  return rates.map((rate) => [
    rateName(rate),
    events.flatMap((round) => round.filter((each) => each.rate === rate)),
  ])
}

function costSection(run: Run): Section {
  return {
    title: FOLLOWING,
    unit: '% of a core',
    notes: [
      'Each event is about somebody else, so that each has a floor of its own. Source, Redis, gateway, service and who waits for receipts share the cores of this machine.',
      fallsBehind(run),
    ],
    rows: byRate(run).map(([name, rounds]) => ({
      name,
      samples: rounds.length,
      figures: {
        gateway: medianFigure(rounds.map((round) => 100 * round.gatewayShare)),
        Redis: medianFigure(rounds.map((round) => 100 * round.serverShare)),
      },
    })),
  }
}

function requestSection(run: Run): Section {
  return {
    title: 'events that were made, and what a request costs the gateway besides',
    unit: 'see column',
    notes: [],
    rows: byRate(run).map(([name, rounds]) => ({
      name,
      samples: rounds.length,
      figures: {
        'events a second': medianFigure(rounds.map(({ made }) => made)),
        'us a request': medianFigure(rounds.map(({ requestUs }) => requestUs)),
      },
    })),
  }
}

/** Where it does, in words. */
function fallsBehind(run: Run): string {
  const each = eventCost(run.events)
  const full = `An event takes ${given(each)} us of the gateway, which would fill a core at ${count(1e6 / each)} a second.`
  const late = byRate(run).filter(([, rounds]) => isBehind(rounds))
  if (late.length === 0) {
    return `It keeps up with every rate: all were reached, and a receipt's p99 stays below the ${LATE_MS} ms between two fences. ${full}`
  }
  return `It falls behind at ${late.map(([name]) => name).join(', ')}: the rate was not reached, an instance was silent, or a receipt's p99 is above the ${LATE_MS} ms between two fences. ${full}`
}

function isBehind(rounds: readonly EventsRound[]): boolean {
  const made = percentile(
    rounds.map((round) => round.made),
    0.5,
  )
  const p99 = percentile(
    rounds.flatMap(({ receiptsMs }) => receiptsMs),
    0.99,
  )
  const isSilent = rounds.some(({ silent }) => silent > 0)
  return made < REACHED * (rounds[0]?.rate ?? 0) || p99 > LATE_MS || isSilent
}
