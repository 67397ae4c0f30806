import { figuresOf } from './figures.ts'
import { hasPassed, type RowSummary, type Spread } from './summary.ts'

const COLUMNS = [
  ['trials', 7],
  ['accepts', 8],
  ['bound', 7],
  ['enforced', 10],
  ['durable', 9],
  ['fence', 13],
  ['recover', 13],
  ['report', 13],
  ['false', 7],
  ['L', 7],
] as const
const NAME_WIDTH = 84

export function header(): string {
  const legend =
    'accepts after enforced, and from the bound on, must be 0, but where a wrong form has to be found; times are p50/max in ms'
  const cells = COLUMNS.map(([name, width]) => name.padStart(width))
  return `${legend}\n${'fault'.padEnd(NAME_WIDTH)}${cells.join('')}`
}

/** One line for a row, and one for each trial that went wrong. */
export function lineOf(summary: RowSummary): string {
  const { row, trials } = summary
  const figures = figuresOf(summary)
  const cells = [
    figures.trials,
    figures.acceptsAfterEnforced,
    figures.acceptsAfterBound,
    figures.enforced,
    figures.durable,
    wordsFor(figures.fencedAfterMs),
    wordsFor(figures.recoveredAfterMs),
    wordsFor(figures.enforcedAfterMs),
    figures.falseRefusals,
    row.leaseMs,
  ]
  const mark = hasPassed(summary) ? ' ' : '!'
  const padded = cells.map((cell, i) => String(cell).padStart(COLUMNS[i]?.[1] ?? 0))
  const name = `${PREFIX[row.budget]}${row.name}`
  const line = `${mark} ${name.padEnd(NAME_WIDTH - 2)}${padded.join('')}`
  return [line, ...trials.flatMap(trouble)].join('\n')
}

const PREFIX = {
  within: '',
  outside: '(outside the budget) ',
  wrong: '(wrong form) ',
  compared: '',
} as const

/** @param minutes How long all of it took. */
export function totalOf(summaries: readonly RowSummary[], minutes: number): string {
  const of = (budget: RowSummary['row']['budget']) =>
    summaries.filter(({ row }) => row.budget === budget)
  const [within, wrong, outside] = [of('within'), of('wrong'), of('outside')]
  const sums = within.map(figuresOf)
  const sum = (pick: (figures: (typeof sums)[number]) => number) =>
    sums.reduce((total, figures) => total + pick(figures), 0)
  const passed = within.filter(hasPassed).length
  return [
    ...summaries.filter(({ row }) => row.name.startsWith(CONTEST)).map(contestLine),
    `within the budget: ${sum((f) => f.trials)} trials, ${sum((f) => f.decisions)} decisions, ` +
      `${sum((f) => f.enforced)} changes enforced, ${sum((f) => f.durable)} of them durable; ` +
      `${sum((f) => f.acceptsAfterEnforced)} accepts after enforced, ${sum((f) => f.acceptsAfterBound)} after the bound, ` +
      `${sum((f) => f.lostDurable)} durable lost, ${sum((f) => f.falselyDurable)} falsely durable, ` +
      `${sum((f) => f.falseRefusals)} false refusals`,
    `wrong forms: ${wrong.filter(hasPassed).length} of ${wrong.length} found`,
    `outside the budget, reported and not counted: ${outside.length}`,
    `${passed} passed, ${within.length - passed} failed (${minutes.toFixed(1)} min)`,
  ].join('\n')
}

const CONTEST = 'failovers: '

/** What a session layer lost in failovers. */
function contestLine(summary: RowSummary): string {
  const { trials, enforced, durable, acceptedSessions, lost, lostDurable } = figuresOf(summary)
  return (
    `${summary.row.name}: ${trials} failovers, ${enforced} ends reported (${durable} durable), ` +
    `${acceptedSessions} of them accepted later, ${lost} still accepted in the end (${lostDurable} durable)`
  )
}

function wordsFor(spread: Spread | null): string {
  return spread ? `${Math.round(spread.p50)}/${Math.round(spread.max)}` : '-'
}

function trouble(trial: RowSummary['trials'][number]): string[] {
  const seed = `    seed ${trial.seed}:`
  if ('error' in trial) return [`${seed} ${trial.error.split('\n', 3).join(' | ')}`]
  const said = [
    trial.violation ?? '',
    trial.lost > 0 ? `${trial.lost} ends lost, ${trial.lostDurable} of them durable` : '',
    trial.falselyDurable > 0 ? `${trial.falselyDurable} receipts durable that cannot be` : '',
    trial.unreported > 0 ? `${trial.unreported} changes never reported` : '',
    trial.wronglyEnded > 0 ? `${trial.wronglyEnded} refusals of sessions nobody ended` : '',
    trial.recoveredAfterMs.includes(null) ? 'not every instance recovered' : '',
  ].filter((text) => text !== '')
  return said.length > 0 ? [`${seed} ${said.join(', ')}`] : []
}
