import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { createTarget, resultSchema } from '../src/report/result.ts'
import { formatResult } from '../src/report/table.ts'
import { exampleResult } from './example-result.ts'

const RESULTS = new URL('../results/', import.meta.url)

describe('result', () => {
  test('a target holds up to its limit, and not above it', () => {
    const at = (value: number) => createTarget({ name: 'x', value, limit: 2, unit: 'ms' }).holds
    expect([at(1.99), at(2), at(2.01)]).toEqual([true, true, false])
  })

  test('one whose verdict does not follow from value and limit is refused', () => {
    const [target] = exampleResult.targets
    const claimed = { ...exampleResult, targets: [{ ...target, value: 3, holds: true }] }
    expect(resultSchema.safeParse(exampleResult).success).toBe(true)
    expect(resultSchema.safeParse(claimed).success).toBe(false)
  })

  test('one that quotes or draws what was not measured is refused', () => {
    const quoted = { section: 'ratios', row: 'another row', figure: 'p50' }
    const drawn = { section: 'a section', figures: ['p99'] }
    for (const wrong of [{ highlights: [quoted] }, { charts: [drawn] }]) {
      expect(resultSchema.safeParse({ ...exampleResult, ...wrong }).success).toBe(false)
    }
  })

  test('the table shows every row, and a missed target as such', () => {
    const missed = createTarget({ name: 'another', value: 3, limit: 2, unit: 'ms' })
    const targets = [...exampleResult.targets, missed]
    const table = formatResult({ ...exampleResult, targets })
    expect(table).toMatch(/a row\s+1\.50 \(1\.40, 1\.00 to 2\.00\)\s+3/)
    expect(table).toMatch(/holds {3}a target/)
    expect(table).toMatch(/MISSED {2}another/)
  })

  test('every stored result has the agreed shape and is not a quick one', async () => {
    const files = (await readdir(RESULTS)).filter((name) => /^[a-z-]+\.json$/.test(name))
    expect(files).toContain('revocation.json')
    for (const file of files) {
      const stored = resultSchema.parse(JSON.parse(await readFile(new URL(file, RESULTS), 'utf8')))
      expect(stored).toMatchObject({ part: file.replace('.json', ''), quick: false })
      for (const { value, limit, holds } of stored.targets) expect(holds).toBe(value <= limit)
    }
  })
})
