/** One figure over several rounds: its median, and how far apart the rounds were. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/**
 * Nearest rank: the smallest sample that at least this share of all samples does not exceed.
 *
 * @param share From 0 to 1.
 * @throws {RangeError} without samples.
 */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new RangeError('no samples')
  return value
}

export function spread(rounds: readonly number[]): Spread {
  return {
    median: percentile(rounds, 0.5),
    least: percentile(rounds, 0),
    most: percentile(rounds, 1),
  }
}
