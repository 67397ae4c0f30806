import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatChart } from '../src/report/chart.ts'
import { parseMode } from '../src/report/mode.ts'
import { compareResults } from '../src/report/regression.ts'
import { type BenchResult, createTarget } from '../src/report/result.ts'
import { exampleResult } from './example-result.ts'

describe('arguments', () => {
  test('nothing, --quick and --full are known', () => {
    const modes = [[], ['--quick'], ['--full']].map((args) => parseMode(args))
    expect(modes).toEqual(['usual', 'quick', 'full'])
  })

  test('another one, and both at once, are refused by name', () => {
    expect(() => parseMode(['--fast'])).toThrow('--fast')
    expect(() => parseMode(['--quick', '--full'])).toThrow('--full')
  })
})

describe('regression', () => {
  const withValues = (target: number, median: number): BenchResult => ({
    ...exampleResult,
    sections: exampleResult.sections.map((section) => ({
      ...section,
      rows: section.rows.map((row) => ({
        ...row,
        figures: { p50: { value: median, rounds: { median, least: median, most: median } } },
      })),
    })),
    targets: [createTarget({ name: 'a target', value: target, limit: 100, unit: 'ms' })],
  })
  const before = withValues(10, 2)

  test('a target and a ratio that are larger by more than the share are told, with both values', () => {
    expect(compareResults(before, withValues(12, 2.5))).toEqual([
      { name: 'a target', before: 10, now: 12 },
      { name: 'ratios, ours / theirs, p50', before: 2, now: 2.5 },
    ])
  })

  test('what is within the share, better, or not in both is not told', () => {
    expect(compareResults(before, withValues(11.4, 1))).toEqual([])
    const renamed = withValues(99, 2)
    const targets = renamed.targets.map((target) => ({ ...target, name: 'a new target' }))
    expect(compareResults(before, { ...renamed, targets })).toEqual([])
  })
})

describe('chart', () => {
  const named = (name: string): BenchResult => ({
    ...exampleResult,
    sections: exampleResult.sections.map((section) => ({
      ...section,
      rows: section.rows.map((row) => ({ ...row, name })),
    })),
  })

  test('every row of a drawn section is there, with its value, and the same result gives the same text', () => {
    const svg = formatChart(exampleResult)
    expect(svg).toContain('>a row</text>')
    expect(svg).toContain('>Portcullis</text>')
    expect(svg.match(/>1\.50</g)).toHaveLength(2)
    expect(formatChart(structuredClone(exampleResult))).toBe(svg)
  })

  test('whatever a row is called, nothing of it becomes an element, an attribute or a control character', () => {
    const shape = (svg: string) => svg.match(/<\/?[a-z]+(?: [a-z-]+=)?/gi)?.length
    const expected = shape(formatChart(named('name')))
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('<a b="', '&amp;', ''),
        (name, begin) => {
          const svg = formatChart(named(`n${begin}${name}`))
          expect(shape(svg)).toBe(expected)
          expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
          expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
        },
      ),
    )
  })
})
