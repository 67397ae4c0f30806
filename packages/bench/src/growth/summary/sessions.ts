import { latencyRow, medianFigure } from '../../report/figures.ts'
import { createTarget, type Row, type Section, type Target } from '../../report/result.ts'
import type { Run } from '../run.ts'
import type { RequestCost } from '../sessions/requests.ts'
import { count } from '../simulation/words.ts'

export const REQUESTS = 'processor time of a request, by live sessions in Redis'
const RATIOS = 'the same, beside the fewest sessions'
/** Times as with the fewest sessions. */
const FLAT_LIMIT = 1.1

const COSTS = {
  gateway: ({ warmUs }) => warmUs,
  'gateway, claims changed': ({ changedUs }) => changedUs,
  'Redis, claims changed': ({ changedServerUs }) => changedServerUs,
  'Redis, a load': ({ load }) => load.processorUs,
} as const satisfies Record<string, (cost: RequestCost) => number>
type CostName = keyof typeof COSTS
const COST_NAMES = Object.keys(COSTS) as CostName[]

export function sessionSections({ sessions }: Run): Section[] {
  return [
    {
      title: REQUESTS,
      unit: 'us',
      notes: [
        'The same number of people, spread over all, ask in turn; each number of sessions has gateways and a Redis of its own; of the gateways the mean is given. Claims changed: those of everybody have, so that the session is loaded, claims are asked for and cached, and a context is signed. A load is that of a session whose claims are cached.',
      ],
      rows: sessions.map(({ sessions: number, rounds }) =>
        sizeRow(number, rounds.length, (name) => rounds.map(COSTS[name])),
      ),
    },
    {
      title: RATIOS,
      unit: 'times',
      notes: ['In each round with the same round.'],
      rows: sessions
        .slice(1)
        .map(({ sessions: number, rounds }) =>
          sizeRow(number, rounds.length, (name) => ratios({ sessions }, name, number)),
        ),
    },
    {
      title: 'time of a request after claims have changed, by live sessions',
      unit: 'ms',
      notes: [],
      rows: sessions.map(({ sessions: number, rounds }) =>
        latencyRow(
          sizeName(number),
          rounds.map(({ changedMs }) => changedMs),
        ),
      ),
    },
    {
      title: 'what a session takes of Redis, by live sessions',
      unit: 'see column',
      notes: ['Claims are cached of who has asked for something.'],
      rows: sessions.map((each) => ({
        name: sizeName(each.sessions),
        samples: each.sessions,
        figures: {
          'bytes a session': medianFigure([each.sessionBytes]),
          'bytes of cached claims': medianFigure([each.claimsBytes]),
          'us to start one': medianFigure([each.startUs]),
          'us to note its use': medianFigure(each.rounds.map(({ touchUs }) => touchUs)),
        },
      })),
    },
  ]
}

export function sizeName(sessions: number): string {
  return `${count(sessions)} sessions`
}

function sizeRow(sessions: number, samples: number, valuesOf: (name: CostName) => number[]): Row {
  return {
    name: sizeName(sessions),
    samples,
    figures: Object.fromEntries(COST_NAMES.map((name) => [name, medianFigure(valuesOf(name))])),
  }
}

/** In each round, how many times as much as with the fewest sessions. */
function ratios({ sessions }: Pick<Run, 'sessions'>, name: CostName, size: number): number[] {
  const [fewest] = sessions
  const many = sessions.find((each) => each.sessions === size)
  if (!fewest || !many) throw new TypeError(`${size} sessions were not measured`)
  return many.rounds.map((cost, round) => {
    return COSTS[name](cost) / COSTS[name](fewest.rounds[round] as RequestCost)
  })
}

/** That it is flat, up to the largest number that was measured. */
export function sessionTargets(run: Run): Target[] {
  const [least, most] = [run.sessions[0]?.sessions ?? 0, run.sessions.at(-1)?.sessions ?? 0]
  const flat = (name: CostName, words: string) =>
    createTarget({
      name: `${words} with ${count(most)} live sessions / with ${count(least)}, processor time of the gateway, median of the rounds`,
      value: medianFigure(ratios(run, name, most)).value,
      limit: FLAT_LIMIT,
      unit: 'times',
    })
  return [
    flat('gateway', 'a request'),
    flat('gateway, claims changed', 'a request after claims have changed'),
  ]
}
