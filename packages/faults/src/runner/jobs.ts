import { fileURLToPath } from 'node:url'
import { startProcess } from '@portcullis/testing'
import { z } from 'zod'
import type { TrialSummary } from './summary.ts'

/** Trials that one process plays one after the other. */
export interface Job {
  readonly row: string
  readonly seeds: readonly number[]
}

const MAIN = fileURLToPath(new URL('./job-main.ts', import.meta.url))
const LINE = /^trials (.*)$/

const figures = z.array(z.number())
const trialSchema = z.union([
  z.object({ seed: z.number(), error: z.string() }),
  z.object({
    seed: z.number(),
    acceptsAfterEnforced: z.number(),
    acceptsAfterBound: z.number(),
    acceptedSessions: z.number(),
    lost: z.number(),
    lostDurable: z.number(),
    falselyDurable: z.number(),
    enforced: z.number(),
    durable: z.number(),
    unreported: z.number(),
    wronglyEnded: z.number(),
    falseRefusals: z.number(),
    decisions: z.number(),
    fencedAfterMs: figures,
    recoveredAfterMs: z.array(z.number().nullable()),
    enforcedAfterMs: figures,
    violation: z.string().nullable(),
  }),
])

/** Plays a job in a process of its own; one that dies has its trials counted as failed. */
export async function runJob(job: Job): Promise<TrialSummary[]> {
  const trials: TrialSummary[] = []
  await using started = await startProcess({
    command: process.execPath,
    args: [MAIN],
    env: { JOB: JSON.stringify(job) },
    onLine(line) {
      const [, text] = LINE.exec(line) ?? []
      if (text) trials.push(trialSchema.parse(JSON.parse(text)))
    },
  })
  const { code, signal } = await started.exited
  const missing = code === 0 ? [] : job.seeds.slice(trials.length)
  const error = `the process ended with ${signal ?? code}: ${started.output().slice(-500)}`
  return [...trials, ...missing.map((seed) => ({ seed, error }))]
}

/** Runs all in their order, so many at once. */
export async function runJobs<Result>(
  jobs: readonly (() => Promise<Result>)[],
  atOnce: number,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const lane = async () => {
    for (let i = next++; i < jobs.length; i = next++) {
      const job = jobs[i]
      if (job) results[i] = await job()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return results
}
