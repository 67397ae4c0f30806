import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { formatMeasured } from '../src/readme/format-measured.ts'
import { replaceMeasured } from '../src/readme/measured-section.ts'
import { readStoredResults } from '../src/readme/stored-results.ts'
import { formatChart } from '../src/report/chart.ts'
import { createTarget } from '../src/report/result.ts'
import { exampleResult } from './example-result.ts'

const README = new URL('../../../README.md', import.meta.url)
const RESULTS = new URL('../results/', import.meta.url)

describe('what the README says is measured', () => {
  test('is what the stored results say', async () => {
    const readme = await readFile(README, 'utf8')
    expect(replaceMeasured(readme, formatMeasured(await readStoredResults()))).toBe(readme)
  })

  test('is drawn from the stored results', async () => {
    const results = await readStoredResults()
    expect(results.length).toBeGreaterThan(0)
    for (const result of results) {
      const chart = await readFile(new URL(`${result.part}.svg`, RESULTS), 'utf8')
      expect(formatChart(result)).toBe(chart)
    }
  })

  test('names a missed target as such, before those that hold', () => {
    const missed = createTarget({ name: 'another', value: 3, limit: 2, unit: 'ms' })
    const markdown = formatMeasured([
      { ...exampleResult, targets: [...exampleResult.targets, missed] },
    ])
    expect(markdown).toContain('2 targets: 1 hold, 1 are missed')
    const verdicts = markdown.match(/^\| (?:\*\*missed\*\*|holds) .*(?:another|a target)/gm)
    expect(verdicts?.map((row) => row.split(/[ |]+/)[1])).toEqual(['**missed**', 'holds'])
  })

  test('goes between its markers and nowhere else', () => {
    const readme =
      'a\n<!-- measured: written by pnpm bench:readme -->\nold\n<!-- measured: end -->\nb\n'
    const written = replaceMeasured(readme, 'new')
    expect(written).toMatch(/^a\n<!--.*-->\n\nnew\n\n<!--.*-->\nb\n$/)
    expect(replaceMeasured(written, 'new')).toBe(written)
    expect(() => replaceMeasured('no markers', 'new')).toThrow(TypeError)
    expect(() => replaceMeasured(readme + readme, 'new')).toThrow(TypeError)
  })
})
