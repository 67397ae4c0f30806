import type { Mode } from '../../report/mode.ts'

export interface BackfillPlan {
  /** People who were there before the claim was declared. */
  readonly people: number
  /** Of them: signed in, and asking. */
  readonly signedIn: number
  /** People a second at most that the job fills. */
  readonly perSecond: number
  /** People with whom commands are counted, before anything is timed. */
  readonly counted: number
  readonly requestsPerSecond: number
  /** How long requests are timed before the job begins, ms. */
  readonly beforeMs: number
}

const USUAL: BackfillPlan = {
  people: 50_000,
  signedIn: 2_000,
  perSecond: 1_000,
  counted: 500,
  requestsPerSecond: 100,
  beforeMs: 6_000,
}
const QUICK: BackfillPlan = {
  ...USUAL,
  people: 2_000,
  signedIn: 200,
  counted: 100,
  beforeMs: 1_000,
}

export function backfillPlanFor(mode: Mode): BackfillPlan {
  return mode === 'quick' ? QUICK : USUAL
}
