import type { LoadCost } from '../peers/load.ts'
import { medianFigure, percentileFigure } from '../report/figures.ts'
import { createTarget, type Figure, type Row, type Section, type Target } from '../report/result.ts'
import type { Findings } from '../report/run-part.ts'
import { spread } from '../report/statistics.ts'
import {
  AUTHENTICATING_PEERS,
  CONTENDER_NAMES,
  CONTENDERS,
  type ContenderName,
} from './contenders.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run-rounds.ts'

const NOTES = [
  'One tRPC query, 200 bytes of answer, through each contender to the same service; each is a process of its own, all that keep something in Redis use one server.',
  'Nginx, the bare proxy and express alone ask for nobody. Of the others it was seen that nobody is refused, at Portcullis by the service, and that the service hears the right subject: in a header that it has to believe, at Portcullis in a signed context.',
  'Processor time of the contender alone, user and system, as the operating system counts it; of nginx master and worker, in hundredths of a second.',
]

/** Times the bare proxy that a request through a warm gateway may cost. */
const PROXY_LIMIT = 1.15
/** Share of the processor time of a peer that authenticates. */
const PEER_LIMIT = 1 / 3

export function summarize(plan: Plan, run: Run): Findings {
  const { rounds, requests, connections } = plan
  return {
    redisVersion: run.redisVersion,
    notes: [
      ...NOTES,
      `${rounds} rounds, ${requests} requests to each over ${connections} connections, each for somebody else and one request after the other.`,
    ],
    sections: [costSection(run), throughputSection(run), latencySection(run), bytesSection(run)],
    highlights: QUOTED.map((name) => ({
      section: COSTS,
      row: CONTENDERS[name].title,
      figure: RATIO,
    })),
    charts: [
      { section: COSTS, figures: [EACH] },
      { section: BYTES, figures: ['from the client'] },
    ],
    targets: [
      ratioTarget(run, 'proxy', PROXY_LIMIT),
      ...AUTHENTICATING_PEERS.map((name) => ratioTarget(run, name, PEER_LIMIT)),
    ],
  }
}

const COSTS = 'processor time of one request'
const EACH = 'each'
const ADDED = 'more than the bare proxy'
const RATIO = 'times the bare proxy'
const BYTES = 'credentials of one request'
const QUOTED = ['warm', 'cold', 'expressSession', 'jwt', 'betterAuth', 'ironSession'] as const

function costSection(run: Run): Section {
  return {
    title: COSTS,
    unit: 'us, and times the bare proxy',
    notes: [
      'Of peers in express, what authentication costs is the difference to express without; a third of the whole can be less than any proxy in Node costs.',
    ],
    rows: rowsOf(run, (name) => ({
      [EACH]: costFigure(loadsOf(run, name)),
      [ADDED]: medianFigure(addedOf(run, name)),
      [RATIO]: medianFigure(ratiosOf(run, name, 'proxy')),
    })),
  }
}

function throughputSection(run: Run): Section {
  return {
    title: 'throughput',
    unit: 'requests a second',
    notes: ['The load generator and the service share the cores with the contender.'],
    rows: rowsOf(run, (name) => ({
      all: medianFigure(loadsOf(run, name).map(({ perSecond }) => perSecond)),
    })),
  }
}

function latencySection(run: Run): Section {
  return {
    title: 'latency under that load',
    unit: 'ms',
    notes: [],
    rows: rowsOf(run, (name) => {
      const rounds = loadsOf(run, name).map(({ latenciesMs }) => latenciesMs)
      return { p50: percentileFigure(rounds, 0.5), p99: percentileFigure(rounds, 0.99) }
    }),
  }
}

function bytesSection(run: Run): Section {
  return {
    title: BYTES,
    unit: 'bytes of header lines',
    notes: [
      'From the client: its cookie or token. To the service: what is passed on of it, with x-user-id or the signed context.',
    ],
    rows: rowsOf(run, (name) => ({
      'from the client': medianFigure([run.bytes[name].fromClient]),
      'to the service': medianFigure([run.bytes[name].toService]),
    })),
  }
}

function rowsOf(run: Run, figures: (name: ContenderName) => Record<string, Figure>): Row[] {
  return CONTENDER_NAMES.map((name) => {
    const requests = loadsOf(run, name).map((load) => load.requests)
    return {
      name: CONTENDERS[name].title,
      samples: requests.reduce((sum, count) => sum + count, 0),
      figures: figures(name),
    }
  })
}

const loadsOf = ({ rounds }: Run, name: ContenderName): LoadCost[] =>
  rounds.map((round) => round[name])

/** Over all requests of the run, and over those of each round. */
function costFigure(loads: readonly LoadCost[]): Figure {
  const costs = loads.map(({ processorUs }) => processorUs)
  return { value: costs.reduce((sum, cost) => sum + cost, 0) / costs.length, rounds: spread(costs) }
}

/** How many times the processor time of another it took, in each round. */
function ratiosOf({ rounds }: Run, name: ContenderName, other: ContenderName): number[] {
  return rounds.map((round) => round[name].processorUs / round[other].processorUs)
}

function addedOf({ rounds }: Run, name: ContenderName): number[] {
  return rounds.map((round) => round[name].processorUs - round.proxy.processorUs)
}

function ratioTarget(run: Run, other: ContenderName, limit: number): Target {
  return createTarget({
    name: `Portcullis, warm / ${CONTENDERS[other].title}: processor time of a request, median of the rounds`,
    value: medianFigure(ratiosOf(run, 'warm', other)).value,
    limit,
    unit: 'times',
  })
}
