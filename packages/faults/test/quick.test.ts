import { describe, expect, test } from 'vitest'
import { type AnyRow, allRows } from '../src/rows/all-rows.ts'
import { runRow } from '../src/rows/run-row.ts'
import { lineOf } from '../src/runner/print.ts'
import { hasPassed, isSafe, type TrialSummary } from '../src/runner/summary.ts'

/**
 * Short ones; `pnpm test:faults` plays all of them, twenty times each. Each of these once, or until it is found; a second
 * time if everything was refused for too long: servers and processes are real, and a machine may have other things to do.
 */
const ROWS = [
  'every hint and acknowledgement lost',
  'hints lost, duplicated, reordered, late',
  'CLIENT KILL of command connections, again and again',
  'partition, one way: nothing comes back',
  'loads that race with a revocation',
  'Redis frozen for a second',
  'FLUSHALL',
  'Redis killed and restarted, RDB alone, older than revocations',
  'failover that loses the tail',
  'two failovers, each loses a tail',
  'one replica frozen: in force, and not durable',
  'every instance gone, then failover to a replica that lacks the tail',
]
const WRONG = ['floors ignored', 'acknowledged before it is applied, over a gap']
const TRIALS = 2
/** It takes a request in the moment between two clocks' ends of a lease. */
const MOST_TRIALS_TO_FIND = 10
const firstSeed = 20_261_122

describe(`after a revocation is enforced nobody accepts, first seed ${firstSeed}`, () => {
  test.each(ROWS)(
    '%s',
    async (name) => {
      const row = rowNamed(name)
      const seeds = Array.from({ length: TRIALS }, (_, i) => firstSeed + i)
      const trials: TrialSummary[] = []
      for await (const trial of runRow(row, seeds)) {
        trials.push(trial)
        const all = { row, trials, tookMs: 0 }
        expect(isSafe(all), lineOf(all)).toBe(true)
        if (hasPassed({ ...all, trials: [trial] })) return
      }
      throw new Error(lineOf({ row, trials, tookMs: 0 }))
    },
    120_000,
  )
})

test('clocks that are worse than the declared bound are found out', async () => {
  await expectFound(rowNamed('clock of gateway and service a third slow, beyond the bound of 1 %'))
}, 120_000)

describe('a wrong form of a protection is found out', () => {
  test.each(WRONG)('%s', (name) => expectFound(rowNamed(name)), 120_000)
})

function rowNamed(name: string): AnyRow {
  const row = allRows.find((each) => each.name === name)
  if (!row) throw new TypeError(`no row is called ${name}`)
  return row
}

async function expectFound(row: AnyRow): Promise<void> {
  const seeds = Array.from({ length: MOST_TRIALS_TO_FIND }, (_, i) => firstSeed + i)
  let found = 0
  for await (const trial of runRow(row, seeds)) {
    if ('error' in trial) throw new Error(trial.error)
    found += trial.acceptsAfterEnforced
    if (found > 0) break
  }
  expect(found).toBeGreaterThan(0)
}
