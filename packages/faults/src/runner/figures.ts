import { playedOf, type RowSummary, type Spread, spreadOf } from './summary.ts'

/** All trials of a row in figures. Times are in milliseconds; null where there are none, and a maximum that never came. */
export interface Figures {
  readonly trials: number
  readonly acceptsAfterEnforced: number
  readonly acceptsAfterBound: number
  readonly enforced: number
  readonly durable: number
  readonly acceptedSessions: number
  readonly lost: number
  readonly lostDurable: number
  readonly falselyDurable: number
  readonly decisions: number
  readonly falseRefusals: number
  readonly fencedAfterMs: Spread | null
  readonly recoveredAfterMs: Spread | null
  readonly enforcedAfterMs: Spread | null
}

type Played = ReturnType<typeof playedOf>[number]

export function figuresOf(summary: RowSummary): Figures {
  const played = playedOf(summary)
  const sum = (of: (trial: Played) => number) =>
    played.reduce((total, trial) => total + of(trial), 0)
  const spread = (of: (trial: Played) => readonly (number | null)[]) =>
    spreadOf(played.flatMap(of).map((ms) => ms ?? Number.POSITIVE_INFINITY))
  return {
    trials: played.length,
    acceptsAfterEnforced: sum((trial) => trial.acceptsAfterEnforced),
    acceptsAfterBound: sum((trial) => trial.acceptsAfterBound),
    enforced: sum((trial) => trial.enforced),
    durable: sum((trial) => trial.durable),
    acceptedSessions: sum((trial) => trial.acceptedSessions),
    lost: sum((trial) => trial.lost),
    lostDurable: sum((trial) => trial.lostDurable),
    falselyDurable: sum((trial) => trial.falselyDurable),
    decisions: sum((trial) => trial.decisions),
    falseRefusals: sum((trial) => trial.falseRefusals + trial.wronglyEnded),
    fencedAfterMs: spread((trial) => trial.fencedAfterMs),
    recoveredAfterMs: spread((trial) => trial.recoveredAfterMs),
    enforcedAfterMs: spread((trial) => trial.enforcedAfterMs),
  }
}
