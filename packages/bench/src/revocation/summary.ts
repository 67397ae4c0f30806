import { latencyRow, medianFigure, percentileFigure, ratioFigure } from '../report/figures.ts'
import { createTarget, type Row, type Section, type Target } from '../report/result.ts'
import type { Findings } from '../report/run-part.ts'
import { HOT_PATHS, type HotPath } from './hot-path.ts'
import { LATENCIES, type Latency } from './latencies.ts'
import type { PeersRun } from './peers/measure-peers.ts'
import { type PeersSummary, summarizePeers } from './peers/summary.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run-rounds.ts'
import { SERVERS, type ServerKind } from './servers.ts'

const NOTES = [
  'Everything is timed side by side in one run: quote the ratios, the times depend on what else the machine does.',
  'An instance is a follower with sockets, log and lease of its own; all share at most four processes, and the revoker is one more.',
  'One way ends at the instant at which the last instance has it, by the clock that the processes share; acknowledged ends when the caller knows.',
]

/** Times PUBLISH to last receiver that a revocation may take until it is enforced. */
const ENFORCED_LIMIT = 2
/** Fewest instances for which that is asked. */
const ENFORCED_FROM = 10
const HOT_PATH_LIMIT_US = 3

export function summarize(plan: Plan, run: Run, peersRun: PeersRun): Findings {
  const peers = summarizePeers(plan.peers, peersRun)
  return {
    redisVersion: run.redisVersion,
    notes: [...NOTES, `${plan.rounds} rounds, lease ${plan.leaseMs} ms.`],
    sections: [
      ...SERVERS.flatMap((server) =>
        sizesOf(plan, server).map((size) => latencySection(run, server, size)),
      ),
      ...SERVERS.map((server) => ratioSection(plan, run, server)),
      fenceSection(run),
      hotPathSection(run),
      ...peers.sections,
    ],
    ...excerptOf(SERVERS[0], peers),
    targets: [...enforcedTargets(plan, run, SERVERS[0]), hotPathTarget(run), ...peers.targets],
  }
}

const EXCERPT_SIZE = 10
const HOT_PATH = 'hot path in a service'
const latencyTitle = (size: number, { name }: ServerKind) => `latency, ${size} instances, ${name}`
const ratioTitle = ({ name }: ServerKind) => `ratios, ${name}`

/** What is quoted and drawn: ten instances on a server as infra/redis/redis.conf has it. */
function excerptOf(
  server: ServerKind,
  peers: PeersSummary,
): Pick<Findings, 'highlights' | 'charts'> {
  const section = latencyTitle(EXCERPT_SIZE, server)
  return {
    highlights: [
      { section, row: LATENCIES.revokeEnforced, figure: 'p50' },
      {
        section: ratioTitle(server),
        row: `revoke to enforced / PUBLISH acknowledged, ${EXCERPT_SIZE} instances`,
        figure: 'p50',
      },
      { section: HOT_PATH, row: HOT_PATHS.decide, figure: 'median' },
      { section: HOT_PATH, row: HOT_PATHS.jose, figure: 'median' },
      ...peers.highlights,
    ],
    charts: [
      ...peers.charts,
      { section, figures: ['p50'] },
      { section: HOT_PATH, figures: ['median'] },
    ],
  }
}

function sizesOf({ sizes }: Plan, server: ServerKind): readonly number[] {
  return server.sizes ?? sizes
}

/** Those that are timed on this server. */
function latenciesOf({ isDurable }: ServerKind): Latency[] {
  const latencies = Object.keys(LATENCIES) as Latency[]
  return latencies.filter((latency) => isDurable || latency !== 'revokeDurable')
}

/** A list for each round. */
function samplesOf(run: Run, server: ServerKind, size: number, latency: Latency): number[][] {
  return run.rounds.map(({ latencies }) => {
    const found = latencies.find((each) => each.server === server && each.size === size)
    return found?.samples[latency] ?? []
  })
}

function latencySection(run: Run, server: ServerKind, size: number): Section {
  return {
    title: latencyTitle(size, server),
    unit: 'ms',
    notes: [],
    rows: latenciesOf(server).map((latency) =>
      latencyRow(LATENCIES[latency], samplesOf(run, server, size, latency)),
    ),
  }
}

/** What is compared with what. */
const RATIOS: readonly { name: string; of: Latency; to: Latency }[] = [
  {
    name: 'revoke to enforced / PUBLISH acknowledged',
    of: 'revokeEnforced',
    to: 'publishAcknowledged',
  },
  {
    name: 'revoke to durable / PUBLISH acknowledged',
    of: 'revokeDurable',
    to: 'publishAcknowledged',
  },
  { name: 'revoke to refused / PUBLISH one way', of: 'revokeApplied', to: 'publish' },
  { name: 'revoke to enforced / PUBLISH one way', of: 'revokeEnforced', to: 'publish' },
  { name: 'revoke to durable / PUBLISH one way', of: 'revokeDurable', to: 'publish' },
  { name: 'PUBLISH one way / the same before any follower', of: 'publish', to: 'publishAlone' },
]

function ratiosOf({ isDurable }: ServerKind) {
  return RATIOS.filter(({ of }) => isDurable || of !== 'revokeDurable')
}

function ratioSection(plan: Plan, run: Run, server: ServerKind): Section {
  const rows = sizesOf(plan, server).flatMap((size) =>
    ratiosOf(server).map(({ name, of, to }): Row => {
      const above = samplesOf(run, server, size, of)
      const below = samplesOf(run, server, size, to)
      return {
        name: `${name}, ${size} instances`,
        samples: above.flat().length,
        figures: { p50: ratioFigure(above, below, 0.5), p99: ratioFigure(above, below, 0.99) },
      }
    }),
  )
  return { title: ratioTitle(server), unit: 'times', notes: [], rows }
}

function fenceSection({ rounds }: Run): Section {
  const sizes = [...new Set(rounds.flatMap(({ fences }) => fences.map(({ size }) => size)))]
  const rows = sizes.map((size): Row => {
    const of = (figure: 'instance' | 'server' | 'perSecond') =>
      medianFigure(
        rounds.map(({ fences }) => fences.find((each) => each.size === size)?.[figure] ?? 0),
      )
    return {
      name: `${size} instances`,
      samples: rounds.length,
      figures: {
        'instance, us a fence': of('instance'),
        'redis, us a fence': of('server'),
        'instance, ms a second': of('perSecond'),
      },
    }
  })
  return {
    title: 'processor time of a fence, while nothing else happens',
    unit: 'see column',
    notes: [
      'After what processes and server use without any instance. The server appends each fence to its file.',
    ],
    rows,
  }
}

function hotPathSection(run: Run): Section {
  const paths = Object.keys(HOT_PATHS) as HotPath[]
  return {
    title: HOT_PATH,
    unit: 'us',
    notes: [
      `2,000 contexts of ${run.tokenBytes} bytes, each in a string that was just made, as node makes one for each header.`,
    ],
    rows: paths.map((path) => {
      const rounds = hotPathRounds(run, path)
      return {
        name: HOT_PATHS[path],
        samples: rounds.flat().length,
        figures: { median: percentileFigure(rounds, 0.5), p90: percentileFigure(rounds, 0.9) },
      }
    }),
  }
}

/** Microseconds. */
function hotPathRounds({ rounds }: Run, path: HotPath): number[][] {
  return rounds.map(({ hotPath }) => hotPath[path].map((nanoseconds) => nanoseconds / 1_000))
}

/**
 * On a server as infra/redis/redis.conf has it, in both readings of the comparison: with an answer on both sides, and without
 * one on the side of PUBLISH. Other servers, and the wait until it is durable, are among the ratios.
 */
function enforcedTargets(plan: Plan, run: Run, server: ServerKind): Target[] {
  const enforced = RATIOS.filter(({ of }) => of === 'revokeEnforced')
  const sizes = sizesOf(plan, server).filter((size) => size >= ENFORCED_FROM)
  return enforced.flatMap(({ name, of, to }) =>
    sizes.map((size) => {
      const above = samplesOf(run, server, size, of)
      const below = samplesOf(run, server, size, to)
      return createTarget({
        name: `p99 of ${name}, ${size} instances`,
        value: ratioFigure(above, below, 0.99).value,
        limit: ENFORCED_LIMIT,
        unit: 'times',
      })
    }),
  )
}

function hotPathTarget(run: Run): Target {
  return createTarget({
    name: HOT_PATHS.decide,
    value: percentileFigure(hotPathRounds(run, 'decide'), 0.5).value,
    limit: HOT_PATH_LIMIT_US,
    unit: 'us',
  })
}
