import type { Mode } from '../report/mode.ts'

/** How much is measured. */
export interface Plan {
  /** Each measures every contender once, one after the other, in an order that changes. */
  readonly rounds: number
  /** To each contender, in each round. */
  readonly requests: number
  /** The same before the first round, until everything is compiled. */
  readonly warmUpRequests: number
  /** Connections that send one request after the other, each for a person of its own. */
  readonly connections: number
}

const USUAL: Plan = {
  rounds: 15,
  requests: 4_000,
  warmUpRequests: 10_000,
  connections: 16,
}

const QUICK: Plan = { ...USUAL, rounds: 2, requests: 1_500, warmUpRequests: 5_000 }

export function planFor(mode: Mode): Plan {
  return mode === 'quick' ? QUICK : USUAL
}
