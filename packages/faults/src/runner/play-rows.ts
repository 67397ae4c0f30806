import type { AnyRow } from '../rows/all-rows.ts'
import { runJob, runJobs } from './jobs.ts'
import type { RowSummary } from './summary.ts'

export interface PlayOptions {
  readonly firstSeed: number
  /** Trials of each row, at most. */
  readonly trials: number
  /** Constellations side by side. */
  readonly atOnce: number
  readonly onRow: (summary: RowSummary) => void
  /** Trials that one process plays, so that long rows are spread over several. Default 5. */
  readonly trialsAJob?: number
}

/** Plays rows, each in processes of its own, several side by side. */
export async function playRows(
  rows: readonly AnyRow[],
  options: PlayOptions,
): Promise<RowSummary[]> {
  const summaries: RowSummary[] = []
  const longFirst = [...rows].sort((a, b) => Number(isLong(b)) - Number(isLong(a)))
  const jobs = longFirst.flatMap((row) => {
    const parts = partsOf(row, options)
    const trials: RowSummary['trials'][number][] = []
    let pending = parts.length
    let tookMs = 0
    return parts.map((seeds) => async () => {
      const startedAt = performance.now()
      // Parts of a row run side by side: what others have added meanwhile is kept.
      trials.push(...(await runJob({ row: row.name, seeds })))
      tookMs += performance.now() - startedAt
      pending -= 1
      if (pending > 0) return
      const summary = { row, trials, tookMs }
      summaries.push(summary)
      options.onRow(summary)
    })
  })
  await runJobs(jobs, options.atOnce)
  return summaries
}

/** By seconds; what is left at the end is to be short, so that no core waits for it. */
function isLong(row: AnyRow): boolean {
  if ('contest' in row) return true
  return row.setting.kind === 'sentinel' || (row.holdMs ?? 0) >= LONG_MS
}

const LONG_MS = 4_000

function partsOf(row: AnyRow, options: PlayOptions): number[][] {
  const { firstSeed, trials, trialsAJob = 5 } = options
  const count = Math.min(row.trials, trials)
  const seeds = Array.from({ length: count }, (_, i) => firstSeed + i)
  return Array.from({ length: Math.ceil(count / trialsAJob) }, (_, i) =>
    seeds.slice(i * trialsAJob, (i + 1) * trialsAJob),
  )
}
