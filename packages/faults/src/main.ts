import { parseArgs } from 'node:util'
import { allRows } from './rows/all-rows.ts'
import type { Row } from './rows/row.ts'
import { runJob, runJobs } from './runner/jobs.ts'
import { header, lineOf } from './runner/print.ts'
import { hasPassed, type RowSummary } from './runner/summary.ts'

const { values } = parseArgs({
  options: {
    /** Rows whose name contains it. */
    only: { type: 'string' },
    /** Trials of each row, at most. */
    trials: { type: 'string' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    /** Constellations side by side. */
    'at-once': { type: 'string', default: '4' },
  },
})

const QUICK_TRIALS = 3
/** Trials that one process plays, so that long rows are spread over several. */
const TRIALS_A_JOB = 5

const firstSeed = Number(values.seed ?? Date.now() % 1_000_000)
const most = Number(values.trials ?? (values.quick ? QUICK_TRIALS : Number.POSITIVE_INFINITY))
const rows = allRows.filter(({ name }) => name.includes(values.only ?? ''))

const startedAt = performance.now()
const print = (text: string) => process.stdout.write(`${text}\n`)
print(`first seed ${firstSeed}`)
print(header())

const open = new Map<Row, { pending: number; trials: RowSummary['trials'] }>()
const summaries: RowSummary[] = []
const jobs = rows.flatMap((row) => {
  const count = Math.min(row.trials, most)
  const seeds = Array.from({ length: count }, (_, i) => firstSeed + i)
  const parts = Array.from({ length: Math.ceil(count / TRIALS_A_JOB) }, (_, i) =>
    seeds.slice(i * TRIALS_A_JOB, (i + 1) * TRIALS_A_JOB),
  )
  open.set(row, { pending: parts.length, trials: [] })
  return parts.map((part) => async () => {
    const trials = await runJob({ row: row.name, seeds: part })
    const entry = open.get(row)
    if (!entry) return
    entry.trials = [...entry.trials, ...trials]
    entry.pending -= 1
    if (entry.pending > 0) return
    const summary = { row, trials: entry.trials }
    summaries.push(summary)
    print(lineOf(summary))
  })
})
await runJobs(jobs, Number(values['at-once']))

const inside = summaries.filter(({ row }) => row.budget === 'within')
const passed = inside.filter(hasPassed).length
const outside = summaries.length - inside.length
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1)
if (outside > 0) print(`${outside} outside the fault budget, reported and not counted`)
print(`${passed} passed, ${inside.length - passed} failed (${minutes} min)`)
process.exitCode = passed === inside.length ? 0 : 1
