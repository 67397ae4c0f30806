import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type BenchResult, createTarget, resultSchema } from '../src/report/result.ts'
import { formatResult } from '../src/report/table.ts'
import { resultPath } from '../src/report/write-result.ts'

const figure = { value: 1.5, rounds: { median: 1.4, least: 1, most: 2 } }

const result: BenchResult = {
  part: 'example',
  quick: false,
  machine: {
    cpu: 'a processor',
    cores: 2,
    memoryGiB: 4,
    system: 'Linux',
    node: 'v24.0.0',
    redis: '7.0.15',
    date: '2026-01-02T03:04:05.678Z',
    command: 'pnpm bench:example',
    load: [0.5, 1.5],
  },
  notes: [],
  sections: [
    {
      title: 'a section',
      unit: 'ms',
      notes: [],
      rows: [{ name: 'a row', samples: 3, figures: { p50: figure } }],
    },
  ],
  targets: [createTarget({ name: 'a target', value: 1.5, limit: 2, unit: 'ms' })],
}

describe('result', () => {
  test('a target holds up to its limit, and not above it', () => {
    const at = (value: number) => createTarget({ name: 'x', value, limit: 2, unit: 'ms' }).holds
    expect([at(1.99), at(2), at(2.01)]).toEqual([true, true, false])
  })

  test('one whose verdict does not follow from value and limit is refused', () => {
    const [target] = result.targets
    const claimed = { ...result, targets: [{ ...target, value: 3, holds: true }] }
    expect(resultSchema.safeParse(result).success).toBe(true)
    expect(resultSchema.safeParse(claimed).success).toBe(false)
  })

  test('the table shows every row, and a missed target as such', () => {
    const missed = createTarget({ name: 'another', value: 3, limit: 2, unit: 'ms' })
    const table = formatResult({ ...result, targets: [...result.targets, missed] })
    expect(table).toMatch(/a row\s+1\.50 \(1\.40, 1\.00 to 2\.00\)\s+3/)
    expect(table).toMatch(/holds {3}a target/)
    expect(table).toMatch(/MISSED {2}another/)
  })

  test('the stored result of each part has the agreed shape and is not a quick one', async () => {
    for (const part of ['revocation']) {
      const stored = resultSchema.parse(JSON.parse(await readFile(resultPath(part, false), 'utf8')))
      expect(stored).toMatchObject({ part, quick: false })
      for (const { value, limit, holds } of stored.targets) expect(holds).toBe(value <= limit)
    }
  })
})
