import { latencyRow, percentileFigure, type Rounds, ratioFigure } from '../report/figures.ts'
import { createTarget, type Row, type Section, type Target } from '../report/result.ts'
import type { Findings } from '../report/run-part.ts'
import { CALLS, type PageLoad } from './page-loader.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run-rounds.ts'
import { WAYS, type Way } from './stage.ts'

const BYTES = `bytes on the wire of a page of ${CALLS} calls over 3 services`
const TIME = `time of a page of ${CALLS} calls over 3 services, until all are answered`
const RATIOS = 'one batch through the gateway / the other ways'
const WAY_NAMES = Object.keys(WAYS) as Way[]
const OTHERS: readonly Way[] = ['gatewaySingle', 'jwtBatched', 'jwtSingle']

export function summarize(plan: Plan, run: Run): Findings {
  return {
    redisVersion: run.redisVersion,
    notes: notesOf(plan, run),
    sections: [bytesSection(run), timeSection(run), ratioSection(run)],
    highlights: [
      { section: BYTES, row: WAYS.gatewayBatched, figure: 'both' },
      { section: BYTES, row: WAYS.jwtSingle, figure: 'both' },
      { section: RATIOS, row: WAYS.gatewaySingle, figure: 'bytes' },
      { section: RATIOS, row: WAYS.gatewaySingle, figure: 'time, p50' },
      { section: RATIOS, row: WAYS.jwtSingle, figure: 'bytes' },
      { section: RATIOS, row: WAYS.jwtSingle, figure: 'time, p50' },
    ],
    charts: [
      { section: BYTES, figures: ['both'] },
      { section: TIME, figures: ['p50'] },
    ],
    targets: [
      targetOf(run, 'bytes', ({ sent, received }) => sent + received),
      targetOf(run, 'time, p50', ({ ms }) => ms),
    ],
  }
}

function notesOf({ rounds, pages }: Plan, { tokenBytes }: Run): string[] {
  return [
    'A stock client over at most 6 kept connections of HTTP/1.1, with the headers of a browser: httpBatchLink, and httpLink with all calls under way at the same time. Bytes are those at its sockets, without those of TCP and TLS.',
    'Behind the gateway, whose client has a cookie, are three services that each verify its context and follow the log.',
    `The JWT has ${tokenBytes} bytes, RS256, and is verified by jose for each request, in one tRPC server with all three services and no gateway before it: it forwards nothing, and nothing can be revoked.`,
    `${rounds} rounds of ${pages} pages in each way, in turn.`,
  ]
}

function loadsOf({ rounds }: Run, way: Way, of: (load: PageLoad) => number): Rounds {
  return rounds.map((round) => round[way].map(of))
}

function bytesSection(run: Run): Section {
  const rows = WAY_NAMES.map((way): Row => {
    const figure = (of: (load: PageLoad) => number) => percentileFigure(loadsOf(run, way, of), 0.5)
    return {
      name: WAYS[way],
      samples: loadsOf(run, way, ({ sent }) => sent).flat().length,
      figures: {
        sent: figure(({ sent }) => sent),
        received: figure(({ received }) => received),
        both: figure(({ sent, received }) => sent + received),
      },
    }
  })
  return { title: BYTES, unit: 'bytes', notes: [], rows }
}

function timeSection(run: Run): Section {
  const rows = WAY_NAMES.map((way) =>
    latencyRow(
      WAYS[way],
      loadsOf(run, way, ({ ms }) => ms),
    ),
  )
  return { title: TIME, unit: 'ms', notes: [], rows }
}

function ratioSection(run: Run): Section {
  const rows = OTHERS.map((way): Row => {
    const ratio = (of: (load: PageLoad) => number, share: number) =>
      ratioFigure(loadsOf(run, 'gatewayBatched', of), loadsOf(run, way, of), share)
    return {
      name: WAYS[way],
      samples: loadsOf(run, way, ({ ms }) => ms).flat().length,
      figures: {
        bytes: ratio(({ sent, received }) => sent + received, 0.5),
        'time, p50': ratio(({ ms }) => ms, 0.5),
        'time, p99': ratio(({ ms }) => ms, 0.99),
      },
    }
  })
  return { title: RATIOS, unit: 'times', notes: [], rows }
}

function targetOf(run: Run, name: string, of: (load: PageLoad) => number): Target {
  const batched = loadsOf(run, 'gatewayBatched', of)
  return createTarget({
    name: `page of ${CALLS} calls through the gateway, batched / a request for each, ${name}`,
    value: ratioFigure(batched, loadsOf(run, 'gatewaySingle', of), 0.5).value,
    limit: 1,
    unit: 'times',
  })
}
