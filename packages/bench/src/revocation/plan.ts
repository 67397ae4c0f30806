/** How much is measured. */
export interface Plan {
  readonly quick: boolean
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

const FULL: Plan = {
  quick: false,
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
  ...FULL,
  quick: true,
  rounds: 1,
  samples: 12,
  warmUpSamples: 3,
  idleMs: 1_000,
  hotPathPasses: 5,
}

/** @throws {TypeError} for an argument that is not `--quick`. */
export function planFor(args: readonly string[]): Plan {
  const unknown = args.find((arg) => arg !== '--quick')
  if (unknown !== undefined) throw new TypeError(`${unknown} is not known; there is --quick`)
  return args.includes('--quick') ? QUICK : FULL
}
