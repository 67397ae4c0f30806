import {
  type Constellation,
  type ConstellationOptions,
  startConstellation,
} from '../constellation/constellation.ts'
import type { Verdict } from '../history/check.ts'
import { createRandom } from '../random.ts'
import { runTrial } from '../trial/run-trial.ts'
import type { Row } from './row.ts'

/** What one trial came to; the seed repeats its random choices. */
export type TrialReport =
  | { readonly seed: number; readonly verdict: Verdict }
  | { readonly seed: number; readonly error: string }

/** Plays a row's trials one after the other, on one constellation unless one of them broke it. */
export async function runRow(row: Row, seeds: readonly number[]): Promise<TrialReport[]> {
  const reports: TrialReport[] = []
  let constellation: Constellation | undefined
  const end = async () => {
    await constellation?.[Symbol.asyncDispose]()
    constellation = undefined
  }
  for (const seed of seeds) {
    try {
      constellation ??= await startConstellation(optionsOf(row))
      const { verdict } = await runTrial(row, constellation, createRandom(seed))
      reports.push({ seed, verdict })
      if (row.startsAnew || !isWhole(verdict)) await end()
      else await row.tidy?.(constellation)
    } catch (error) {
      reports.push({
        seed,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
      await end().catch(ignoreBroken)
    }
  }
  await end().catch(ignoreBroken)
  return reports
}

function optionsOf({ clock, ...row }: Row): ConstellationOptions {
  return { ...row, ...(clock && { clock: clock() }) }
}

/** Whether another trial can follow on the same constellation. */
function isWhole({ recoveredAfterMs, unreported }: Verdict): boolean {
  return unreported === 0 && recoveredAfterMs.every(Number.isFinite)
}

function ignoreBroken(): void {}
