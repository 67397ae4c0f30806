import type { Mode } from '../report/mode.ts'
import type { KindName } from './kinds/kinds.ts'

/** How much is measured. */
export interface Plan {
  /** Sessions in Redis at which to look, rising. */
  readonly sizes: Readonly<Record<KindName, readonly number[]>>
  /** People who get a further session: so few that the server's table of keys, which doubles, need not grow for them. */
  readonly further: number
  /** Sessions that were used at one gateway when its heap is looked at, rising. */
  readonly used: readonly number[]
}

const USUAL: Plan = {
  sizes: {
    portcullis: [10_000, 100_000],
    connectRedis: [10_000, 100_000],
    betterAuth: [10_000, 100_000],
  },
  further: 20_000,
  used: [10_000, 100_000],
}

const PLANS: Readonly<Record<Mode, Plan>> = {
  quick: {
    sizes: { portcullis: [1_000, 10_000], connectRedis: [1_000, 10_000], betterAuth: [1_000] },
    further: 1_000,
    used: [1_000, 5_000],
  },
  usual: USUAL,
  full: {
    sizes: {
      portcullis: [10_000, 100_000, 1_000_000],
      connectRedis: [10_000, 100_000, 1_000_000],
      // A million through its adapter would take longer than everything else.
      betterAuth: USUAL.sizes.betterAuth,
    },
    further: 20_000,
    used: [10_000, 100_000, 200_000],
  },
}

export function planFor(mode: Mode): Plan {
  return PLANS[mode]
}
