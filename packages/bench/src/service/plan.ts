import type { Mode } from '../report/mode.ts'

/** How much is measured. */
export interface Plan {
  readonly rounds: number
  /** Times that everything is measured once, in another order each time, in each round. */
  readonly passes: number
  /** The same before the first round, until everything is compiled. */
  readonly warmUpPasses: number
}

const USUAL: Plan = { rounds: 5, passes: 24, warmUpPasses: 10 }
const QUICK: Plan = { rounds: 2, passes: 5, warmUpPasses: 3 }

export function planFor(mode: Mode): Plan {
  return mode === 'quick' ? QUICK : USUAL
}
