import { latencyRow, medianFigure, ratioFigure } from '../report/figures.ts'
import { createTarget, type Row, type Section, type Target } from '../report/result.ts'
import type { Findings } from '../report/run-part.ts'
import type { PageTimes, WayTimes } from './pages.ts'
import type { Plan } from './plan.ts'
import { REQUESTS } from './requests.ts'
import { MEASURES, type Measure, type PeerName, type Run } from './run-rounds.ts'

const NOTES = [
  'Processor time of the process that is measured, user and system, as the operating system counts it, by request.',
  'The gateway: sessions in a real Redis, somebody signed in, three tRPC services. The bare proxy: node:http in, undici dispatch out, no authentication, one tRPC server that has all three in it.',
  'Both get the same requests of the same load generator, one right after the other, in an order that changes.',
]

/** Times the bare proxy that an authenticated query may cost. */
const SINGLE_LIMIT = 1.15

export function summarize(plan: Plan, run: Run): Findings {
  const { rounds, connections, requests, streams } = plan
  return {
    redisVersion: run.redisVersion,
    notes: [
      ...NOTES,
      `${rounds} rounds, ${requests} requests of each kind to each over ${connections} connections; ${streams} streams.`,
    ],
    sections: [costSection(run), ratioSection(run), pageSection(run)],
    highlights: HIGHLIGHTS.map((row) => ({ section: RATIOS, row, figure: RATIO })),
    charts: [{ section: COSTS, figures: [GATEWAY, PROXY] }],
    targets: [singleTarget(run), pageTarget(run, 'sent'), pageTarget(run, 'asked')],
  }
}

const COSTS = 'processor time of one request'
const RATIOS = 'gateway / bare proxy, processor time of one request'
const GATEWAY = 'gateway'
const PROXY = 'bare proxy'
const RATIO = 'ratio'
const HIGHLIGHTS = [REQUESTS.single.name, REQUESTS.batch.name, REQUESTS.batchOverThree.name]

const nameOf = (measure: Measure) =>
  measure === 'event' ? 'event of a subscription' : REQUESTS[measure].name

function costSection(run: Run): Section {
  return {
    title: COSTS,
    unit: 'us',
    notes: [
      'A batch over three services is three requests to services at the gateway, one at the bare proxy.',
    ],
    rows: MEASURES.map((measure): Row => {
      const gateway = costsOf(run, measure, 'gateway')
      return {
        name: nameOf(measure),
        samples: requestsOf(run, measure),
        figures: {
          [GATEWAY]: medianFigure(gateway),
          [PROXY]: medianFigure(costsOf(run, measure, 'proxy')),
        },
      }
    }),
  }
}

function ratioSection(run: Run): Section {
  const rows = MEASURES.map((measure): Row => {
    const ratio = medianFigure(ratiosOf(run, measure))
    return { name: nameOf(measure), samples: requestsOf(run, measure), figures: { [RATIO]: ratio } }
  })
  return { title: RATIOS, unit: 'times', notes: [], rows }
}

function pageSection(run: Run): Section {
  return {
    title: 'five calls to three services, until all are answered',
    unit: 'ms',
    notes: [
      'A stock client: httpBatchLink, and httpLink with all five under way at the same time.',
      'Before a batch leaves, the client waits for further calls by a timer, of a millisecond at least in Node: with no network in between that is a third of the time. From sent on counts what follows.',
    ],
    rows: [
      pageRow(run, 'one batch, from asked', 'batched', 'asked'),
      pageRow(run, 'five requests, from asked', 'unbatched', 'asked'),
      pageRow(run, 'one batch, from sent', 'batched', 'sent'),
      pageRow(run, 'five requests, from sent', 'unbatched', 'sent'),
    ],
  }
}

function pageRow(run: Run, name: string, way: keyof PageTimes, since: keyof WayTimes): Row {
  return latencyRow(name, pageTimes(run, way, since))
}

function pageTimes({ rounds }: Run, way: keyof PageTimes, since: keyof WayTimes): number[][] {
  return rounds.map(({ pages }) => pages[way][since])
}

function costsOf({ rounds }: Run, measure: Measure, peer: PeerName): number[] {
  return rounds.map(({ costs }) => costs[measure][peer].processorUs)
}

function ratiosOf({ rounds }: Run, measure: Measure): number[] {
  return rounds.map(({ costs }) => {
    const { gateway, proxy } = costs[measure]
    return gateway.processorUs / proxy.processorUs
  })
}

function requestsOf({ rounds }: Run, measure: Measure): number {
  const counts = rounds.map(({ costs }) => costs[measure].gateway.requests)
  return counts.reduce((sum, count) => sum + count, 0)
}

function singleTarget(run: Run): Target {
  return createTarget({
    name: 'authenticated single query / the same through a bare proxy, processor time, median of the rounds',
    value: medianFigure(ratiosOf(run, 'single')).value,
    limit: SINGLE_LIMIT,
    unit: 'times',
  })
}

function pageTarget(run: Run, since: keyof WayTimes): Target {
  const batched = pageTimes(run, 'batched', since)
  const unbatched = pageTimes(run, 'unbatched', since)
  return createTarget({
    name: `batch of 5 over three services / the same calls unbatched, time for the client from ${since}, p50`,
    value: ratioFigure(batched, unbatched, 0.5).value,
    limit: 1,
    unit: 'times',
  })
}
