import { describe, expect, test } from 'vitest'
import { allRows } from '../src/rows/all-rows.ts'
import { runRow } from '../src/rows/run-row.ts'
import { lineOf } from '../src/runner/print.ts'
import { hasPassed, type TrialSummary } from '../src/runner/summary.ts'

/** Short ones; `pnpm test:faults` plays all of them, twenty times each. */
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
]
const TRIALS = 2
/** It takes a request in the moment between two clocks' ends of a lease. */
const MOST_TRIALS_TO_FIND = 10
const firstSeed = 20_261_122

describe(`after a revocation is enforced nobody accepts, first seed ${firstSeed}`, () => {
  test.each(ROWS)(
    '%s',
    async (name) => {
      const row = allRows.find((each) => each.name === name)
      if (!row) throw new TypeError(`no row is called ${name}`)
      const seeds = Array.from({ length: TRIALS }, (_, i) => firstSeed + i)
      const trials: TrialSummary[] = []
      for await (const trial of runRow(row, seeds)) trials.push(trial)
      expect(hasPassed({ row, trials }), lineOf({ row, trials })).toBe(true)
    },
    120_000,
  )
})

test('clocks that are worse than the declared bound are found out', async () => {
  const row = allRows.find(({ budget }) => budget === 'outside')
  if (!row) throw new TypeError('there is no such row')
  const seeds = Array.from({ length: MOST_TRIALS_TO_FIND }, (_, i) => firstSeed + i)
  let found = 0
  for await (const trial of runRow(row, seeds)) {
    if ('error' in trial) throw new Error(trial.error)
    found += trial.acceptsAfterEnforced
    if (found > 0) break
  }
  expect(found).toBeGreaterThan(0)
}, 120_000)
