import type { Mode } from '../report/mode.ts'
import type { PeersPlan } from './peers/measure-peers.ts'

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
  readonly peers: PeersPlan
}

const USUAL: Plan = {
  rounds: 5,
  sizes: [1, 10, 100],
  samples: 100,
  warmUpSamples: 10,
  idleSizes: [0, 10, 100],
  idleMs: 3_000,
  leaseMs: 5_000,
  hotPathPasses: 20,
  peers: { rounds: 5, instances: 10, samples: 10, boundMs: 5_000 },
}

const QUICK: Plan = {
  ...USUAL,
  rounds: 1,
  samples: 8,
  warmUpSamples: 2,
  idleMs: 1_000,
  hotPathPasses: 5,
  peers: { rounds: 1, instances: 3, samples: 3, boundMs: 2_000 },
}

export function planFor(mode: Mode): Plan {
  return mode === 'quick' ? QUICK : USUAL
}
