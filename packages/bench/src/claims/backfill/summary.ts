import { latencyRow, medianFigure } from '../../report/figures.ts'
import { createTarget, type Section, type Target } from '../../report/result.ts'
import type { Findings } from '../../report/run-part.ts'
import { LOCK_MS } from './installation.ts'
import type { BackfillPlan } from './plan.ts'
import type { BackfillRun } from './run-backfill.ts'

const TITLE = 'backfill of a new claim'

const untilLast = (people: number) => `${people} people, until the last one is announced`

/** What was found of a new claim, behind what was found of a role. */
export function withBackfill(findings: Findings, plan: BackfillPlan, run: BackfillRun): Findings {
  const { sections, highlights, targets } = findings
  const own = [jobSection(plan, run), commandSection(plan, run), requestSection(plan, run)]
  const quoted = { section: TITLE, row: untilLast(run.people), figure: 'time' }
  return {
    ...findings,
    sections: [...sections, ...own],
    highlights: [...highlights, quoted],
    targets: [...targets, ...targetsOf(run)],
  }
}

function targetsOf(run: BackfillRun): Target[] {
  const none = (name: string, value: number) =>
    createTarget({ name: `${TITLE}: ${name}`, value, limit: 0, unit: 'people' })
  return [
    none('whose version did not rise exactly once', run.wrongVersions),
    none('not announced exactly once', run.wrongAnnouncements),
    none('filled again by a second run', run.filledAgain),
  ]
}

function jobSection({ perSecond }: BackfillPlan, { people, filling }: BackfillRun): Section {
  const row = (name: string, samples: number, ms: number) => ({
    ...{ name, samples },
    figures: { time: medianFigure([ms / 1_000]) },
  })
  return {
    title: TITLE,
    unit: 's',
    notes: [
      `At most ${perSecond} people a second. The worker is killed by SIGKILL when half of them are filled, and another one started.`,
      `A killed worker keeps its job for ${LOCK_MS} ms here, 30,000 by default.`,
    ],
    rows: [
      row(untilLast(people), people, filling.ms),
      row('from the kill until the next one is filled', 1, filling.resumedMs),
    ],
  }
}

function commandSection(
  { counted }: BackfillPlan,
  { people, filling, commands }: BackfillRun,
): Section {
  const row = (name: string, ofPerson: number) => ({
    name,
    samples: counted,
    figures: {
      'a person': medianFigure([ofPerson]),
      'a second': medianFigure([(ofPerson * people * 1_000) / filling.ms]),
    },
  })
  return {
    title: `${TITLE}: Redis commands`,
    unit: 'commands',
    notes: [`Counted with ${counted} people; a script counts once. Fences are apart.`],
    rows: [row('sessions and log', commands.log), row('queues', commands.queues)],
  }
}

function requestSection(plan: BackfillPlan, { before, during }: BackfillRun): Section {
  const { signedIn, requestsPerSecond } = plan
  return {
    title: `${TITLE}: requests meanwhile`,
    unit: 'ms',
    notes: [
      `${requestsPerSecond} a second by ${signedIn} people in turn, through the gateway to a service, from when each was due. After the change of a person their session and claims are loaded anew.`,
      'Everything shares this machine: embedded Postgres, two Redis, four processes and those who ask.',
    ],
    rows: [latencyRow('nothing runs', [before]), latencyRow('while it runs', [during])],
  }
}
