import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { z } from 'zod'
import { figuresOf } from './figures.ts'
import { hasPassed, type RowSummary } from './summary.ts'

/** A maximum is null for what never came. */
const spreadSchema = z.object({ p50: z.number().nullable(), max: z.number().nullable() }).nullable()

/** What a run found, for machines. */
export const resultsSchema = z.object({
  date: z.iso.datetime(),
  command: z.string(),
  machine: z.object({ cores: z.number(), cpu: z.string(), memoryGb: z.number() }),
  node: z.string(),
  firstSeed: z.number(),
  /** Constellations side by side. */
  atOnce: z.number(),
  minutes: z.number(),
  rows: z.array(
    z.object({
      name: z.string(),
      budget: z.enum(['within', 'outside', 'wrong', 'compared']),
      passed: z.boolean(),
      leaseMs: z.number(),
      /** How long its constellations ran, one after the other. */
      seconds: z.number(),
      trials: z.number(),
      acceptsAfterEnforced: z.number(),
      acceptsAfterBound: z.number(),
      enforced: z.number(),
      durable: z.number(),
      /** Sessions accepted after their end was reported. */
      acceptedSessions: z.number(),
      /** Ends reported that the truth had forgotten when all was over. */
      lost: z.number(),
      lostDurable: z.number(),
      falselyDurable: z.number(),
      decisions: z.number(),
      falseRefusals: z.number(),
      fencedAfterMs: spreadSchema,
      recoveredAfterMs: spreadSchema,
      enforcedAfterMs: spreadSchema,
    }),
  ),
})

export type Results = z.infer<typeof resultsSchema>
type Run = Pick<Results, 'firstSeed' | 'minutes' | 'atOnce'>

export async function writeResults(
  file: string,
  summaries: readonly RowSummary[],
  run: Run,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(resultsOf(summaries, run), null, 2)}\n`)
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

function rowOf(summary: RowSummary): Results['rows'][number] {
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
