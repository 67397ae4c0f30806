import type { Mode } from '../report/mode.ts'

/** How much is measured. */
export interface Plan {
  /** Each measures everything once, one peer after the other, in an order that changes. */
  readonly rounds: number
  /** To each peer of each kind, in each round. */
  readonly requests: number
  /** The same before the first round, until everything is compiled. */
  readonly warmUpRequests: number
  /** Connections that send one request after the other. */
  readonly connections: number
  /** Open subscriptions while the cost of an event is measured. */
  readonly streams: number
  readonly streamSeconds: number
  /** Pages of five calls, batched and not, in each round. */
  readonly pages: number
}

const USUAL: Plan = {
  rounds: 12,
  requests: 2_000,
  warmUpRequests: 8_000,
  connections: 16,
  streams: 20,
  streamSeconds: 1,
  pages: 50,
}

const QUICK: Plan = {
  ...USUAL,
  rounds: 2,
  requests: 1_000,
  warmUpRequests: 3_000,
  streamSeconds: 1,
  pages: 50,
}

export function planFor(mode: Mode): Plan {
  return mode === 'quick' ? QUICK : USUAL
}
