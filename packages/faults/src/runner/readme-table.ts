import type { Results } from './results.ts'

type RowResult = Results['rows'][number]

const BEGIN = '<!-- results: written by `npx -y pnpm@12 readme` from results/faults.json -->'
const END = '<!-- end of results -->'

/** @throws {TypeError} if the text has no place for the table. */
export function withTable(readme: string, results: Results): string {
  const from = readme.indexOf(BEGIN)
  const to = readme.indexOf(END)
  if (from === -1 || to < from) throw new TypeError('the README has no place for the results')
  return `${readme.slice(0, from + BEGIN.length)}\n\n${sectionOf(results)}\n\n${readme.slice(to)}`
}

function sectionOf(results: Results): string {
  const { date, command, machine, node, atOnce, minutes } = results
  const of = (budget: RowResult['budget']) => results.rows.filter((row) => row.budget === budget)
  return [
    `\`${command}\` on ${date.slice(0, 10)}: ${machine.cores} cores (${machine.cpu}), Node ${node}, ` +
      `${atOnce} constellations side by side, ${minutes} min. Times are median/longest in milliseconds.`,
    tableOf(of('within')),
    'Outside the fault budget, where nothing is promised:',
    tableOf(of('outside')),
    'Wrong forms, each of which has to be found:',
    tableOf(of('wrong')),
    'The same failovers for what one would use instead:',
    lossesOf(results.rows.filter(({ name }) => name.startsWith('failovers: '))),
  ].join('\n\n')
}

const COLUMNS: readonly (readonly [string, (row: RowResult) => string | number])[] = [
  ['fault', ({ name, passed }) => `${name}${passed ? '' : ' (failed)'}`],
  ['L ms', ({ leaseMs }) => leaseMs],
  ['trials', ({ trials }) => trials],
  ['enforced', ({ enforced }) => enforced],
  ['durable', ({ durable }) => durable],
  ['accepts after enforced', ({ acceptsAfterEnforced }) => acceptsAfterEnforced],
  ['to fence', ({ fencedAfterMs }) => wordsFor(fencedAfterMs)],
  ['to recover', ({ recoveredAfterMs }) => wordsFor(recoveredAfterMs)],
  ['to enforced', ({ enforcedAfterMs }) => wordsFor(enforcedAfterMs)],
  ['false refusals', ({ falseRefusals }) => falseRefusals],
]

const LOSSES: typeof COLUMNS = [
  ['sessions kept by', ({ name }) => name.replace('failovers: ', '')],
  ['failovers', ({ trials }) => trials],
  ['ends reported', ({ enforced }) => enforced],
  ['durable', ({ durable }) => durable],
  ['accepted later', ({ acceptedSessions }) => acceptedSessions],
  ['still accepted in the end', ({ lost }) => lost],
]

const tableOf = (rows: readonly RowResult[]) => table(rows, COLUMNS)
const lossesOf = (rows: readonly RowResult[]) => table(rows, LOSSES)

function table(rows: readonly RowResult[], columns: typeof COLUMNS): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const heads = columns.map(([name]) => name)
  const rules = columns.map((_, i) => (i === 0 ? '---' : '---:'))
  return [heads, rules, ...rows.map((row) => columns.map(([, of]) => of(row)))].map(line).join('\n')
}

function wordsFor(spread: RowResult['fencedAfterMs']): string {
  if (!spread) return ''
  const said = (ms: number | null) => (ms === null ? 'never' : Math.round(ms))
  return `${said(spread.p50)}/${said(spread.max)}`
}
