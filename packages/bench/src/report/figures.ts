import type { Figure, Row } from './result.ts'
import { percentile, spread } from './statistics.ts'

/** Samples of one measure, a list for each round. */
export type Rounds = readonly (readonly number[])[]

/** A percentile over all samples, and of each round. */
export function percentileFigure(rounds: Rounds, share: number): Figure {
  return {
    value: percentile(rounds.flat(), share),
    rounds: spread(rounds.map((samples) => percentile(samples, share))),
  }
}

/** How many times as much one percentile is as the other: over all samples, and in each round. */
export function ratioFigure(of: Rounds, to: Rounds, share: number): Figure {
  const inRounds = of.map((samples, i) => {
    return percentile(samples, share) / percentile(to[i] ?? [], share)
  })
  return {
    value: percentile(of.flat(), share) / percentile(to.flat(), share),
    rounds: spread(inRounds),
  }
}

/** One number for each round; its value is their median. */
export function medianFigure(rounds: readonly number[]): Figure {
  const over = spread(rounds)
  return { value: over.median, rounds: over }
}

export function latencyRow(name: string, rounds: Rounds): Row {
  return {
    name,
    samples: rounds.flat().length,
    figures: { p50: percentileFigure(rounds, 0.5), p99: percentileFigure(rounds, 0.99) },
  }
}
