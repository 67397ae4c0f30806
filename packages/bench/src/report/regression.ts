import type { BenchResult } from './result.ts'
import { short } from './table.ts'

/** How much larger a ratio or a target's value may be than the stored one before it is worth a warning. */
const REGRESSION_SHARE = 0.15

/** Sections in this unit hold ratios of ours to something else's: the smaller, the better, as with targets. */
const RATIO_UNIT = 'times'

export interface Regression {
  readonly name: string
  readonly before: number
  readonly now: number
}

/** What has become worse than it was stored. Times are not compared: they depend on what else the machine does. */
export function compareResults(
  stored: BenchResult,
  current: BenchResult,
  share = REGRESSION_SHARE,
): Regression[] {
  const before = new Map(comparable(stored))
  return comparable(current).flatMap(([name, now]) => {
    const then = before.get(name)
    const isWorse = then !== undefined && now > then * (1 + share)
    return isWorse ? [{ name, before: then, now }] : []
  })
}

export function formatRegression({ name, before, now }: Regression): string {
  const percent = before > 0 ? `, ${Math.round((now / before - 1) * 100)} % more` : ''
  return `worse than stored: ${name}: ${short(now)} after ${short(before)}${percent}`
}

/** Targets by their own value, ratios by the median of the rounds, which one odd round does not move. */
function comparable({ sections, targets }: BenchResult): [name: string, value: number][] {
  const ratios = sections
    .filter(({ unit }) => unit === RATIO_UNIT)
    .flatMap(({ title, rows }) =>
      rows.flatMap(({ name, figures }) =>
        Object.entries(figures).map(([figure, { rounds }]): [string, number] => [
          `${title}, ${name}, ${figure}`,
          rounds.median,
        ]),
      ),
    )
  return [...targets.map(({ name, value }): [string, number] => [name, value]), ...ratios]
}
