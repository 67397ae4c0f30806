import { describe, expect, test } from 'vitest'
import { medianFigure, ratioFigure } from './figures.ts'
import { percentile } from './statistics.ts'

describe('statistics', () => {
  test('a percentile is a sample that was measured, whatever their order', () => {
    const samples = [5, 1, 4, 2, 3]
    expect(percentile(samples, 0.5)).toBe(3)
    expect(percentile(samples, 0.99)).toBe(5)
    expect(percentile(samples, 0)).toBe(1)
    expect(() => percentile([], 0.5)).toThrow(RangeError)
  })

  test('of a hundred samples, one is above the 99th percentile', () => {
    const samples = Array.from({ length: 100 }, (_, i) => i + 1)
    expect(percentile(samples, 0.99)).toBe(99)
  })

  test('a ratio compares what was measured in the same round', () => {
    const ratio = ratioFigure([[4], [6]], [[2], [2]], 0.5)
    expect(ratio.rounds).toEqual({ median: 2, least: 2, most: 3 })
  })

  test('rounds that differ show in the spread', () => {
    expect(medianFigure([3, 1, 2])).toEqual({ value: 2, rounds: { median: 2, least: 1, most: 3 } })
  })
})
