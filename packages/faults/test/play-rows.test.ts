import { expect, test } from 'vitest'
import { allRows } from '../src/rows/all-rows.ts'
import { playRows } from '../src/runner/play-rows.ts'
import type { RowSummary } from '../src/runner/summary.ts'

test('every trial of a row is in its summary, though its parts are played side by side', async () => {
  const rows = allRows.filter(({ name }) => name === 'every hint and acknowledgement lost')
  expect(rows).toHaveLength(1)
  const told: RowSummary[] = []
  const options = { firstSeed: 1, trials: 3, trialsAJob: 1, atOnce: 3 }
  await playRows(rows, { ...options, onRow: (summary) => void told.push(summary) })
  const seeds = told.flatMap(({ trials }) => trials.map(({ seed }) => seed))
  expect(seeds.toSorted()).toEqual([1, 2, 3])
})
