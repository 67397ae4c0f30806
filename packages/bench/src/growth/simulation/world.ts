/** Whom and what is simulated. Rates are means over a day. */
export interface World {
  readonly people: number
  /** Everything that follows the log at Redis itself. */
  readonly instances: number
  /** Of these, those that are asked by people. */
  readonly gateways: number
  readonly leaseMs: number
  /** Of each person, a day. */
  readonly daily: {
    readonly requests: number
    /** First requests after a while: session and claims are loaded by the gateway that is asked. */
    readonly visits: number
    readonly signIns: number
    /** Sign-outs, changes of roles and whatever else is an event in the log; every instance acknowledges each. */
    readonly changes: number
    /** Minutes in which a session is used, each of which is noted. */
    readonly minutes: number
  }
  /** Times the mean, in the busiest hour. */
  readonly peak: number
}

export const WORLD: World = {
  people: 100_000_000,
  instances: 1_000,
  gateways: 200,
  leaseMs: 5_000,
  daily: { requests: 50, visits: 5, signIns: 1, changes: 0.1, minutes: 20 },
  peak: 3,
}

/** What there is at most of each: one large Redis server of today, its default of clients, and a core for each instance. */
export const ROOM = {
  memoryGiB: 128,
  /** Redis runs commands on one. */
  cores: 1,
  gigabits: 10,
  connections: 10_000,
} as const

/** Fences in one lease. */
export const FENCES_PER_LEASE = 8

/** In the busiest hour, a second. */
export function perSecond(world: World, daily: number): number {
  return (world.people * daily * world.peak) / 86_400
}

/** Of all instances. */
export function fencesPerSecond({ instances, leaseMs }: World): number {
  return (instances * FENCES_PER_LEASE) / (leaseMs / 1_000)
}
