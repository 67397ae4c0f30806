import { expect, test } from 'vitest'
import { withTable } from './readme-table.ts'
import type { Results } from './results.ts'

const BEGIN = '<!-- results: written by `npx -y pnpm@12 readme` from results/faults.json -->'
const END = '<!-- end of results -->'

const row: Results['rows'][number] = {
  name: 'FLUSHALL',
  budget: 'within',
  passed: true,
  leaseMs: 400,
  seconds: 60,
  trials: 20,
  acceptsAfterEnforced: 0,
  acceptsAfterBound: 0,
  enforced: 200,
  durable: 200,
  acceptedSessions: 0,
  lost: 0,
  lostDurable: 0,
  falselyDurable: 0,
  decisions: 40_000,
  falseRefusals: 0,
  fencedAfterMs: { p50: 12.3, max: 400.6 },
  recoveredAfterMs: { p50: 20, max: null },
  enforcedAfterMs: null,
}

const results: Results = {
  date: '2026-11-26T07:00:00.000Z',
  command: 'node src/main.ts',
  machine: { cores: 2, cpu: 'cpu', memoryGb: 8 },
  node: 'v24',
  firstSeed: 1,
  atOnce: 6,
  minutes: 20,
  rows: [row],
}

test('the table stands between its marks, made anew each time', () => {
  const readme = `before\n${BEGIN}\nold\n${END}\nafter\n`
  const once = withTable(readme, results)
  expect(once).toContain('| FLUSHALL | 400 | 20 | 200 | 200 | 0 | 12/401 | 20/never |  | 0 |')
  expect(once).not.toContain('old')
  expect(once.startsWith('before\n')).toBe(true)
  expect(once.endsWith('\nafter\n')).toBe(true)
  expect(withTable(once, results)).toBe(once)
})

test('a row that failed says so', () => {
  const failed = { ...results, rows: [{ ...row, passed: false }] }
  expect(withTable(`${BEGIN}${END}`, failed)).toContain('| FLUSHALL (failed) |')
})

test('a README without a place for it is refused', () => {
  expect(() => withTable('nothing', results)).toThrow(TypeError)
})
