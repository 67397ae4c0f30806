import {
  type Constellation,
  type ConstellationOptions,
  startConstellation,
} from '../constellation/constellation.ts'
import { playFailover } from '../contest/play-failover.ts'
import type { Verdict } from '../history/check.ts'
import { createRandom } from '../random.ts'
import { summaryOf, type TrialSummary } from '../runner/summary.ts'
import { runTrial } from '../trial/run-trial.ts'
import type { AnyRow } from './all-rows.ts'
import type { ContestRow } from './contests.ts'
import type { Row } from './row.ts'

/**
 * Plays a row's trials one after the other, on one constellation as long as it is whole; those of a wrong form until it is
 * found. A seed repeats random choices.
 */
export function runRow(row: AnyRow, seeds: readonly number[]): AsyncGenerator<TrialSummary> {
  return 'contest' in row ? runContest(row, seeds) : runTrials(row, seeds)
}

async function* runContest(
  { contest, leaseMs }: ContestRow,
  seeds: readonly number[],
): AsyncGenerator<TrialSummary> {
  for (const seed of seeds) {
    try {
      await using contestant = await contest()
      yield summaryOf(seed, await playFailover(contestant, createRandom(seed), leaseMs))
    } catch (error) {
      yield failureOf(seed, error)
    }
  }
}

async function* runTrials(row: Row, seeds: readonly number[]): AsyncGenerator<TrialSummary> {
  let constellation: Constellation | undefined
  const end = async () => {
    const ending = constellation
    constellation = undefined
    await ending?.[Symbol.asyncDispose]()
  }
  try {
    for (const seed of seeds) {
      try {
        constellation ??= await startConstellation(optionsOf(row))
        const { verdict } = await runTrial(row, constellation, createRandom(seed))
        yield summaryOf(seed, verdict)
        if (row.budget === 'wrong' && verdict.acceptsAfterEnforced.length > 0) return
        if (row.startsAnew || !isWhole(verdict)) await end()
        // One that cannot be put in order, such as servers that Sentinel has not demoted yet, is replaced.
        else await row.tidy?.(constellation).catch(end)
      } catch (error) {
        await end().catch(ignoreBroken)
        yield failureOf(seed, error)
      }
    }
  } finally {
    await end().catch(ignoreBroken)
  }
}

function failureOf(seed: number, error: unknown): TrialSummary {
  return { seed, error: error instanceof Error ? (error.stack ?? '') : String(error) }
}

function optionsOf({ clock, ...row }: Row): ConstellationOptions {
  return { ...row, ...(clock && { clock: clock() }) }
}

/** Whether another trial can follow on the same constellation. */
function isWhole({ recoveredAfterMs, unreported }: Verdict): boolean {
  return unreported === 0 && recoveredAfterMs.every(Number.isFinite)
}

function ignoreBroken(): void {}
