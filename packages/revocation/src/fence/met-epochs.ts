import type { Clock } from '@portcullis/runtime'
import type { SeenEpoch } from '../log/seen-epoch.ts'
import type { FencePage } from './fence.ts'

/** How much higher than the server's a counter may be; one that claims more is not believed. */
const LARGEST_STEP = 1_000
/** Least time between two epochs that are opened for somebody else, in milliseconds: each costs everyone up to a lease. */
const LEAST_PAUSE_MS = 60_000

/**
 * A service that has met an epoch which no driver knows of, and may open none itself, can prove nothing under the one that
 * the others follow. A driver that reads of it in its record has met it too, so its next fence opens a higher one.
 */
export function createMetEpochs(seen: SeenEpoch, clock: Clock) {
  let metAt = Number.NEGATIVE_INFINITY

  return ({ epoch, members }: FencePage): void => {
    if (seen.isBehind(epoch) || clock.now() - metAt < LEAST_PAUSE_MS) return
    const unknown = members
      .map(({ record }) => record.met)
      .filter(({ counter, random }) => isAbove({ counter, random }, epoch))
    const highest = unknown.sort((a, b) => b.counter - a.counter)[0]
    if (!highest) return
    metAt = clock.now()
    seen.meet(highest)
  }
}

function isAbove(met: FencePage['epoch'], { counter, random }: FencePage['epoch']): boolean {
  const step = met.counter - counter
  return (step > 0 && step <= LARGEST_STEP) || (step === 0 && met.random !== random)
}
