import type { Mode } from '../report/mode.ts'

/** How much is measured. */
export interface Plan {
  /** Times that a role is edited at each size. */
  readonly rounds: number
  readonly instances: number
  /** Members of the organization, each with a live session; the last is the one that is quoted. */
  readonly sizes: readonly [few: number, many: number]
  /** Of these the requests are timed; all of them make one when commands are counted. */
  readonly timedMembers: number
  /** Requests under way at once while members come back. */
  readonly concurrency: number
}

const USUAL: Plan = {
  rounds: 5,
  instances: 10,
  sizes: [1_000, 50_000],
  timedMembers: 5_000,
  concurrency: 32,
}
const QUICK: Plan = { ...USUAL, rounds: 2, sizes: [100, 1_000] }

export function planFor(mode: Mode): Plan {
  return mode === 'quick' ? QUICK : USUAL
}
