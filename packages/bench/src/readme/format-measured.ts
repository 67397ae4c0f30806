import type { BenchResult, Target } from '../report/result.ts'
import { short } from '../report/table.ts'

/** Parts whose charts are shown; the others are in the folder of the results. */
const CHARTS = ['request', 'revocation', 'memory', 'growth']
const FOLDER = 'packages/bench/results'

/** What the README says of the stored results, as Markdown. */
export function formatMeasured(results: readonly BenchResult[]): string {
  return [
    ...machinesOf(results),
    '',
    ...formatTable(['', 'measured', 'value', 'rounds'], results.flatMap(highlightRows)),
    '',
    ...results.flatMap(chartOf),
    ...targetsOf(results),
  ].join('\n')
}

/** Usually one machine; else each with its parts. */
function machinesOf(results: readonly BenchResult[]): string[] {
  const parts = Map.groupBy(results, ({ machine }) => {
    const { cpu, cores, memoryGiB, system, node, redis } = machine
    return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, node ${node}, Redis ${redis}`
  })
  return [...parts].map(([machine, on]) => {
    const which = parts.size === 1 ? '' : ` (${on.map(({ part }) => part).join(', ')})`
    return `${machine}${which}.`
  })
}

function highlightRows(result: BenchResult): string[][] {
  const { machine, sections, highlights } = result
  return highlights.map(({ section, row, figure }, index) => {
    const found = sections.find(({ title }) => title === section)
    const measured = found?.rows.find(({ name }) => name === row)?.figures[figure]
    if (!found || !measured) throw new TypeError(`${section}, ${row}, ${figure} is not there`)
    const { value, rounds } = measured
    const origin = index === 0 ? `\`${machine.command}\`, ${machine.date.slice(0, 10)}` : ''
    return [
      origin,
      `${section}: ${row}, ${figure}`,
      `${short(value)} ${found.unit}`,
      `${short(rounds.least)} to ${short(rounds.most)}`,
    ]
  })
}

function chartOf({ part }: BenchResult): string[] {
  return CHARTS.includes(part) ? [`![${part}](${FOLDER}/${part}.svg)`, ''] : []
}

function targetsOf(results: readonly BenchResult[]): string[] {
  const targets = results.flatMap(({ part, targets }) =>
    targets.map((target) => ({ part, target })),
  )
  const missed = targets.filter(({ target }) => !target.holds)
  const held = targets.filter(({ target }) => target.holds)
  const rows = [...missed, ...held].map(({ part, target }) => targetRow(part, target))
  return [
    '<details>',
    `<summary>${targets.length} targets: ${held.length} hold, ${missed.length} are missed</summary>`,
    '',
    ...formatTable(['', 'part', 'target', 'measured', 'at most'], rows),
    '',
    '</details>',
  ]
}

function targetRow(part: string, { name, value, limit, unit, holds }: Target): string[] {
  return [holds ? 'holds' : '**missed**', part, name, `${short(value)} ${unit}`, short(limit)]
}

/** With columns as wide as the formatter makes them, which also looks after the README. */
function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [header, ...rows].map((row) => row.map(escapeCell))
  const widths = header.map((_, column) =>
    Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  const [first = [], ...others] = cells
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)]
}

function escapeCell(cell: string): string {
  return cell.replace(/[\\|<>]/g, (character) => `\\${character}`)
}
