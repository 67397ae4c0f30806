import type { BenchResult, Figure, Section, Target } from './result.ts'

/** The whole result for a terminal. */
export function formatResult({ part, quick, machine, notes, sections, targets }: BenchResult) {
  const { cpu, cores, memoryGiB, system, node, redis, date, command, load } = machine
  return [
    `${part}${quick ? ' (quick: do not quote)' : ''}`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, node ${node}, redis ${redis}`,
    `${date}, load ${load.join(' before, ')} after: ${command}`,
    ...notes,
    ...sections.flatMap(formatSection),
    '',
    'targets',
    ...formatTargets(targets),
    '',
  ].join('\n')
}

function formatSection({ title, unit, notes, rows }: Section): string[] {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const header = ['', ...names, 'samples']
  const body = rows.map(({ name, figures, samples }) => [
    name,
    ...names.map((figure) => formatFigure(figures[figure])),
    String(samples),
  ])
  return ['', `${title} [${unit}; in brackets the median of the rounds, least to most]`]
    .concat(alignColumns([header, ...body]))
    .concat(notes.map((note) => `  ${note}`))
}

function formatFigure(figure: Figure | undefined): string {
  if (!figure) return ''
  const { median, least, most } = figure.rounds
  return `${short(figure.value)} (${short(median)}, ${short(least)} to ${short(most)})`
}

export function formatTargets(targets: readonly Target[]): string[] {
  return targets.map(formatTarget)
}

function formatTarget({ name, value, limit, unit, holds }: Target): string {
  return `  ${holds ? 'holds ' : 'MISSED'}  ${name}: ${short(value)} ${unit}, at most ${short(limit)}`
}

function alignColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Three digits that mean something. */
export function short(value: number): string {
  if (value === 0) return '0'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return Math.abs(value) < 0.1 ? value.toPrecision(2) : value.toFixed(digits)
}
