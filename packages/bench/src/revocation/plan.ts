import type { Mode } from '../report/mode.ts'

/** How much is measured. */
export interface Plan {
  /** Each measures everything once, one beside the other. */
  readonly rounds: number
  /** Instances beside the revoker. */
  readonly sizes: readonly number[]
  /** Of each measure, each size and each round. */
  readonly samples: number
  readonly warmUpSamples: number
  /** Sizes at which instances are watched while nothing happens, with 0 for what costs without any. */
  readonly idleSizes: readonly number[]
  readonly idleMs: number
  readonly leaseMs: number
  /** Times that all contexts are judged, in each round. */
  readonly hotPathPasses: number
}

const USUAL: Plan = {
  rounds: 5,
  sizes: [1, 10, 50, 100],
  samples: 200,
  warmUpSamples: 30,
  idleSizes: [0, 10, 100],
  idleMs: 12_000,
  leaseMs: 5_000,
  hotPathPasses: 20,
}

const QUICK: Plan = {
  ...USUAL,
  rounds: 1,
  samples: 12,
  warmUpSamples: 3,
  idleMs: 1_000,
  hotPathPasses: 5,
}

export function planFor(mode: Mode): Plan {
  return mode === 'quick' ? QUICK : USUAL
}
