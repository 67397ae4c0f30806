import type { Mode } from '../report/mode.ts'

/** How much is measured. */
export interface Plan {
  /** Each measures instances and events once. */
  readonly rounds: number
  readonly sessions: {
    /** Shorter ones, and more of them: what is compared differs by little. */
    readonly rounds: number
    /** Rounds before, until everything is compiled. */
    readonly warmUps: number
    /** Live sessions in Redis, rising; each number has a server and gateways of its own. */
    readonly sizes: readonly number[]
    /** People whose sessions are used, spread over all. */
    readonly people: number
    /** Over the Redis of each number. */
    readonly gateways: number
    /** Requests of the people in turn, to each gateway in each round. */
    readonly requests: number
    /** Connections that send one request after the other. */
    readonly connections: number
  }
  readonly instances: {
    /** Instances that follow the log, in ten processes; 0 is what everything else uses. */
    readonly sizes: readonly number[]
    /** While nothing happens but fences, in milliseconds. */
    readonly idleMs: number
    /** Fences that one more sends, one after the other. */
    readonly fences: number
    /** Changes that are waited for until they are enforced, one after the other. */
    readonly receipts: number
    /** Changes that nobody waits for. */
    readonly changes: number
  }
  readonly events: {
    /** Events a second that are asked for. */
    readonly rates: readonly number[]
    /** With each rate, in milliseconds. */
    readonly windowMs: number
    /** One after the other, with each rate. */
    readonly requests: number
  }
}

const USUAL: Plan = {
  rounds: 5,
  sessions: {
    rounds: 12,
    warmUps: 3,
    gateways: 3,
    sizes: [1_000, 100_000],
    people: 500,
    requests: 2_500,
    connections: 16,
  },
  instances: { sizes: [0, 1, 10, 100], idleMs: 1_500, fences: 400, receipts: 50, changes: 1_000 },
  events: { rates: [0, 100, 1_000, 5_000, 10_000], windowMs: 1_200, requests: 400 },
}

const PLANS: Readonly<Record<Mode, Plan>> = {
  quick: {
    rounds: 2,
    sessions: {
      ...{ rounds: 2, warmUps: 1, sizes: [1_000, 5_000] },
      ...{ people: 200, gateways: 1, requests: 1_500, connections: 16 },
    },
    instances: { sizes: [0, 10, 100], idleMs: 500, fences: 100, receipts: 10, changes: 200 },
    events: { rates: [0, 1_000, 10_000], windowMs: 500, requests: 100 },
  },
  usual: USUAL,
  full: { ...USUAL, sessions: { ...USUAL.sessions, sizes: [1_000, 100_000, 1_000_000] } },
}

export function planFor(mode: Mode): Plan {
  return PLANS[mode]
}
