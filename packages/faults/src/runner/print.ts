import { hasPassed, playedOf, type RowSummary, spreadOf } from './summary.ts'

const COLUMNS = [
  ['trials', 6],
  ['accepts after enforced', 8],
  ['after bound', 8],
  ['enforced', 10],
  ['of these durable', 9],
  ['fenced after ms', 13],
  ['recovered after ms', 13],
  ['enforced after ms', 13],
  ['false refusals', 8],
  ['L ms', 6],
] as const
const NAME_WIDTH = 84

export function header(): string {
  const legend =
    'accepts after enforced, and after a lease from the majority on, must be 0; times are p50/max in ms'
  const names = [
    'trials',
    'accepts',
    'bound',
    'enforced',
    'durable',
    'fence',
    'recover',
    'report',
  ].concat('false', 'L')
  const cells = COLUMNS.map(([, width], i) => (names[i] ?? '').padStart(width))
  return `${legend}\n${'fault'.padEnd(NAME_WIDTH)}${cells.join('')}`
}

/** One line for a row, and one for each trial that went wrong. */
export function lineOf(summary: RowSummary): string {
  const { row, trials } = summary
  const played = playedOf(summary)
  const sum = (of: (trial: (typeof played)[number]) => number) =>
    played.reduce((total, trial) => total + of(trial), 0)
  const spread = (of: (trial: (typeof played)[number]) => readonly (number | null)[]) => {
    const found = spreadOf(played.flatMap(of).map((ms) => ms ?? Number.POSITIVE_INFINITY))
    return found ? `${Math.round(found.p50)}/${Math.round(found.max)}` : '-'
  }
  const cells = [
    `${played.length}`,
    `${sum((trial) => trial.acceptsAfterEnforced)}`,
    `${sum((trial) => trial.acceptsAfterBound)}`,
    `${sum((trial) => trial.enforced)}`,
    `${sum((trial) => trial.durable)}`,
    spread((trial) => trial.fencedAfterMs),
    spread((trial) => trial.recoveredAfterMs),
    spread((trial) => trial.enforcedAfterMs),
    `${sum((trial) => trial.falseRefusals + trial.wronglyEnded)}`,
    `${row.leaseMs}`,
  ]
  const mark = hasPassed(summary) ? ' ' : '!'
  const padded = cells.map((cell, i) => cell.padStart(COLUMNS[i]?.[1] ?? 0))
  const line = `${mark} ${row.name.padEnd(NAME_WIDTH - 2)}${padded.join('')}`
  return [line, ...trials.flatMap(trouble)].join('\n')
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
