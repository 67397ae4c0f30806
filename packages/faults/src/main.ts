import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { allRows, rowsOf } from './rows/all-rows.ts'
import { playRows } from './runner/play-rows.ts'
import { header, lineOf, totalOf } from './runner/print.ts'
import { writeResults } from './runner/results.ts'
import { hasPassed } from './runner/summary.ts'

const { values } = parseArgs({
  options: {
    /** One group of rows, see `all-rows.ts`. */
    rows: { type: 'string' },
    /** Rows whose name contains it. */
    only: { type: 'string' },
    /** Trials of each row, at most. */
    trials: { type: 'string' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    /** Constellations side by side. */
    'at-once': { type: 'string', default: '6' },
    /** Where the result is written, for machines. Default `results/faults.json` if every row is played to its end. */
    out: { type: 'string' },
  },
})

const QUICK_TRIALS = 3
const STORED = fileURLToPath(new URL('../results/faults.json', import.meta.url))

const firstSeed = Number(values.seed ?? Date.now() % 1_000_000)
const trials = Number(values.trials ?? (values.quick ? QUICK_TRIALS : Number.POSITIVE_INFINITY))
const chosen = values.rows === undefined ? allRows : rowsOf(values.rows)
const rows = chosen.filter(({ name }) => name.includes(values.only ?? ''))
const isWhole = rows.length === allRows.length && trials === Number.POSITIVE_INFINITY

const print = (text: string) => void process.stdout.write(`${text}\n`)
print(`first seed ${firstSeed}`)
print(header())
const startedAt = performance.now()
const atOnce = Number(values['at-once'])
const summaries = await playRows(rows, {
  firstSeed,
  trials,
  atOnce,
  onRow: (summary) => print(lineOf(summary)),
})
const minutes = (performance.now() - startedAt) / 60_000
print(totalOf(summaries, minutes))
const out = values.out ?? (isWhole ? STORED : undefined)
if (out) await writeResults(out, summaries, { firstSeed, minutes, atOnce })
process.exitCode = summaries.every(hasPassed) ? 0 : 1
