import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AnyRow } from '../rows/all-rows.ts'
import { type Figures, figuresOf } from './figures.ts'
import { hasPassed, type RowSummary } from './summary.ts'

/** What a run found, for machines. */
export interface Results {
  readonly date: string
  readonly command: string
  readonly machine: { readonly cores: number; readonly cpu: string; readonly memoryGb: number }
  readonly node: string
  readonly firstSeed: number
  readonly atOnce: number
  readonly minutes: number
  readonly rows: readonly RowResult[]
}

export interface RowResult extends Figures {
  readonly name: string
  readonly budget: AnyRow['budget']
  readonly passed: boolean
  readonly leaseMs: number
  /** Time of one constellation. */
  readonly seconds: number
}

type Run = Pick<Results, 'firstSeed' | 'minutes' | 'atOnce'>

export async function writeResults(
  file: string | URL,
  summaries: readonly RowSummary[],
  run: Run,
): Promise<void> {
  const path = file instanceof URL ? fileURLToPath(file) : file
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(resultsOf(summaries, run), null, 2)}\n`)
}

function resultsOf(summaries: readonly RowSummary[], run: Run): Results {
  return {
    date: new Date().toISOString(),
    command: ['node src/main.ts', ...process.argv.slice(2)].join(' '),
    machine: {
      cores: availableParallelism(),
      cpu: cpus()[0]?.model ?? 'unknown',
      memoryGb: Math.round(totalmem() / 2 ** 30),
    },
    node: process.version,
    ...run,
    minutes: Math.round(run.minutes * 10) / 10,
    rows: summaries.map(rowOf),
  }
}

function rowOf(summary: RowSummary): RowResult {
  const { name, budget, leaseMs } = summary.row
  return {
    name,
    budget,
    leaseMs,
    passed: hasPassed(summary),
    seconds: Math.round(summary.tookMs / 1_000),
    ...figuresOf(summary),
  }
}
