import type { Mode } from '../report/mode.ts'

/** How much is measured. */
export interface Plan {
  readonly rounds: number
  /** Loaded in each way in each round. */
  readonly pages: number
  /** The same before the first round, until everything is compiled. */
  readonly warmUpPages: number
}

const USUAL: Plan = { rounds: 5, pages: 100, warmUpPages: 150 }
const QUICK: Plan = { rounds: 2, pages: 20, warmUpPages: 40 }

export function planFor(mode: Mode): Plan {
  return mode === 'quick' ? QUICK : USUAL
}
