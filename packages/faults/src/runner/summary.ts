import type { Verdict, Violation } from '../history/check.ts'
import type { AnyRow } from '../rows/all-rows.ts'
import type { Row } from '../rows/row.ts'

/** What is kept of one trial; plain data, so that it can come from another process. */
export type TrialSummary =
  | {
      readonly seed: number
      readonly acceptsAfterEnforced: number
      readonly acceptsAfterBound: number
      /** Sessions that were accepted after their end was reported. */
      readonly acceptedSessions: number
      readonly lost: number
      readonly lostDurable: number
      readonly falselyDurable: number
      readonly enforced: number
      readonly durable: number
      readonly unreported: number
      readonly wronglyEnded: number
      readonly falseRefusals: number
      readonly decisions: number
      readonly fencedAfterMs: readonly number[]
      /** null for an instance that never accepted again. */
      readonly recoveredAfterMs: readonly (number | null)[]
      readonly enforcedAfterMs: readonly number[]
      /** The first accept that must not be, in words; null if there is none. */
      readonly violation: string | null
    }
  | { readonly seed: number; readonly error: string }

export function summaryOf(seed: number, verdict: Verdict): TrialSummary {
  const { acceptsAfterEnforced, acceptsAfterBound, wronglyEnded, falseRefusals, ...others } =
    verdict
  const { lost, lostDurable, falselyDurable, ...rest } = others
  return {
    ...rest,
    seed,
    acceptsAfterEnforced: acceptsAfterEnforced.length,
    acceptsAfterBound: acceptsAfterBound.length,
    acceptedSessions: new Set(acceptsAfterEnforced.map(({ decision }) => decision.session)).size,
    lost: lost.length,
    lostDurable: lostDurable.length,
    falselyDurable: falselyDurable.length,
    wronglyEnded: wronglyEnded.length,
    falseRefusals: falseRefusals.length,
    recoveredAfterMs: rest.recoveredAfterMs.map((ms) => (Number.isFinite(ms) ? ms : null)),
    violation: wordsFor(acceptsAfterEnforced[0] ?? acceptsAfterBound[0]),
  }
}

function wordsFor(violation: Violation | undefined): string | null {
  if (!violation) return null
  const { guarantee, decision, refusedFrom } = violation
  const lateMs = (decision.earliest - refusedFrom).toFixed(1)
  const tookMs = (decision.latest - decision.earliest).toFixed(1)
  const by = decision.via === 'stream' ? 'put something out for' : 'accepted'
  return `${decision.instance} ${by} ${decision.session} ${lateMs} ms after '${guarantee}', within ${tookMs} ms`
}

/** All trials of a row. */
export interface RowSummary {
  readonly row: Pick<Row, 'name' | 'leaseMs' | 'forgets'> & Pick<AnyRow, 'budget'>
  readonly trials: readonly TrialSummary[]
  /** How long its constellations ran, one after the other. */
  readonly tookMs: number
}

type Played = Exclude<TrialSummary, { error: string }>

export function playedOf({ trials }: RowSummary): Played[] {
  return trials.filter((trial): trial is Played => !('error' in trial))
}

/** A row passes if every trial was played, none accepted what it must not, and every instance recovered. */
export function hasPassed(summary: RowSummary): boolean {
  const played = playedOf(summary)
  if (played.length === 0 || played.length < summary.trials.length) return false
  if (summary.row.budget === 'outside' || summary.row.budget === 'compared') return true
  if (summary.row.budget === 'wrong') return played.some(isFound)
  return isSafe(summary) && played.every(hasRecovered)
}

/** Whether nothing was accepted, lost or said that must not be, in every trial; how long refusing went on apart. */
export function isSafe(summary: RowSummary): boolean {
  const played = playedOf(summary)
  return (
    played.length === summary.trials.length &&
    played.every(
      (trial) =>
        trial.acceptsAfterEnforced === 0 &&
        trial.acceptsAfterBound === 0 &&
        (summary.row.forgets ? trial.lostDurable : trial.lost) === 0 &&
        trial.falselyDurable === 0 &&
        trial.wronglyEnded === 0 &&
        trial.unreported === 0,
    )
  )
}

function hasRecovered({ recoveredAfterMs }: Played): boolean {
  return recoveredAfterMs.every((ms) => ms !== null)
}

function isFound({ acceptsAfterEnforced, acceptsAfterBound }: Played): boolean {
  return acceptsAfterEnforced + acceptsAfterBound > 0
}

export interface Spread {
  readonly p50: number
  readonly max: number
}

/** null if there are none. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return { p50: sorted[(sorted.length - 1) >> 1] as number, max: sorted.at(-1) as number }
}
