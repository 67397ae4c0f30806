import type { ReceiptLevel } from '@portcullis/revocation'

/** Milliseconds of the host's monotonic clock, which all processes of a host share. */
export type Instant = number

export function instant(): Instant {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * - `accepted` the instance lets the session act.
 * - `refused` it says that there is no such session.
 * - `outdated` it wants a newer word about the session.
 * - `unverifiable` it says that it cannot tell at the moment.
 * - `lost` no answer came.
 */
export type Outcome = 'accepted' | 'refused' | 'outdated' | 'unverifiable' | 'lost'

/** One answer to "may this session act now?". The decision was taken at some instant between the two. */
export interface Decision {
  readonly instance: string
  readonly session: string
  readonly earliest: Instant
  readonly latest: Instant
  readonly outcome: Outcome
  /** Version of the claims that an accept goes by; null where that cannot be told. */
  readonly claimsVersion: number | null
  /** An answer to a request, or something put out on a stream that had been let in before. */
  readonly via: 'request' | 'stream'
}

/**
 * One attempt to end a session or to change its claims, and what it was told. `failed`: it was told nothing; it may have
 * taken effect.
 */
export interface RevocationAttempt {
  readonly session: string
  /** Nobody is to decide on claims below this version any more; null if the session itself ends. */
  readonly claimsBelow: number | null
  readonly calledAt: Instant
  readonly resolvedAt: Instant
  readonly level: ReceiptLevel | 'failed'
  readonly durable: boolean
  /** When it was known that a majority of the servers has it, if that became known. */
  readonly majorityAt: Instant | null
}

/** What was done to the system, from its first step to the moment at which nothing stood in the way any more. */
export interface Fault {
  readonly name: string
  readonly from: Instant
  readonly to: Instant
  /**
   * Until then leases from before it may still be running, so that an accept does not show yet that the instance has
   * recovered: a refusal up to then belongs to the fault.
   */
  readonly settledBy: Instant
  /** Instances that it is about; nothing is measured on others. */
  readonly instances: readonly string[]
  /** While it lasts nothing that is written can be on every server. */
  readonly deniesDurability: boolean
}

/** What happened in one trial, as seen from outside. */
export interface History {
  readonly decisions: readonly Decision[]
  readonly revocations: readonly RevocationAttempt[]
  readonly faults: readonly Fault[]
  /** Sessions that nobody ended and nothing that happened may end. */
  readonly kept: readonly string[]
  /** Sessions that nobody ended, and that may be gone with a server's memory. */
  readonly expendable: readonly string[]
  /** Whether these servers, as they are set up, can keep anything over a failover or a restart for certain. */
  readonly durability: 'possible' | 'never'
  /** Sessions that somebody ended and that the truth had all the same, when everything was over. */
  readonly survivors: readonly string[]
}

export interface Recorder {
  decided(decision: Decision): void
  revoked(attempt: RevocationAttempt): void
  broke(fault: Fault): void
  keeps(session: string): void
  mayLose(session: string): void
  survived(session: string): void
  history(): History
}

export function createRecorder(durability: History['durability'] = 'possible'): Recorder {
  const decisions: Decision[] = []
  const revocations: RevocationAttempt[] = []
  const faults: Fault[] = []
  const kept: string[] = []
  const expendable: string[] = []
  const survivors: string[] = []
  return {
    decided: (decision) => void decisions.push(decision),
    revoked: (attempt) => void revocations.push(attempt),
    broke: (fault) => void faults.push(fault),
    keeps: (session) => void kept.push(session),
    mayLose: (session) => void expendable.push(session),
    survived: (session) => void survivors.push(session),
    history: () => ({
      decisions,
      revocations,
      faults,
      kept,
      expendable,
      durability,
      survivors,
    }),
  }
}
