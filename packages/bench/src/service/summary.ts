import { percentileFigure, type Rounds, ratioFigure } from '../report/figures.ts'
import { createTarget, type Section, type Target } from '../report/result.ts'
import type { Findings } from '../report/run-part.ts'
import { MEASURE_NAMES, MEASURES, type Measure, type Sample } from './measures.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run-rounds.ts'

const LIMIT_US = 3
const TIMES = 'from a header to a principal'
const TIME = 'time'
const PROCESSOR_TIME = 'processor time'
const RATIOS = 'Portcullis, warm, with its signal and its end, beside what else would tell'
const RATIO = 'median'
const OURS = ['principal', 'context'] as const
const OTHERS = MEASURE_NAMES.filter((name) => !OURS.some((ours) => ours === name))
const QUOTED = ['principal', 'context', 'firstSight', 'rs256', 'eddsa', 'redisGet'] as const

export function summarize(plan: Plan, run: Run): Findings {
  return {
    redisVersion: run.redisVersion,
    notes: [
      'All in one process, in turn, in an order that changes; each string was made just before, as node makes one for each header.',
      `${plan.rounds} rounds of ${plan.passes} passes. A pass is 2,000 contexts of ${run.tokenBytes} bytes, and 200 of what takes long; 1,000 others have a floor in the log.`,
    ],
    sections: [timesSection(run), ratiosSection(run)],
    highlights: QUOTED.map((name) => ({ section: TIMES, row: MEASURES[name], figure: TIME })),
    charts: [{ section: TIMES, figures: [TIME] }],
    targets: OURS.map((name) => limitTarget(run, name)),
  }
}

function timesSection(run: Run): Section {
  return {
    title: TIMES,
    unit: 'us',
    notes: [
      'Processor time is that of all threads of the process, and the server of Redis apart.',
      'jose: the same claims and the same checks. A GET: the session is not parsed.',
    ],
    rows: MEASURE_NAMES.map((name) => ({
      name: MEASURES[name],
      samples: samplesOf(run, name, ({ us }) => us).flat().length,
      figures: {
        [TIME]: percentileFigure(timesOf(run, name), 0.5),
        [PROCESSOR_TIME]: percentileFigure(
          samplesOf(run, name, ({ processorUs }) => processorUs),
          0.5,
        ),
      },
    })),
  }
}

function ratiosSection(run: Run): Section {
  return {
    title: RATIOS,
    unit: 'times',
    notes: [],
    rows: OTHERS.map((name) => ({
      name: MEASURES[name],
      samples: timesOf(run, name).flat().length,
      figures: { [RATIO]: ratioFigure(timesOf(run, 'context'), timesOf(run, name), 0.5) },
    })),
  }
}

function samplesOf({ rounds }: Run, name: Measure, of: (sample: Sample) => number): Rounds {
  return rounds.map((round) => round[name].map(of))
}

const timesOf = (run: Run, name: Measure) => samplesOf(run, name, ({ us }) => us)

function limitTarget(run: Run, name: (typeof OURS)[number]): Target {
  return createTarget({
    name: MEASURES[name],
    value: percentileFigure(timesOf(run, name), 0.5).value,
    limit: LIMIT_US,
    unit: 'us',
  })
}
