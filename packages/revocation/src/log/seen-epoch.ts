import type { Epoch } from './applied-log.ts'

/** The highest epoch this instance has met, whether or not it has adopted it. */
export interface SeenEpoch {
  readonly highest: Epoch
  note(epoch: Epoch): void
  /** One that another instance has met: also one that counts alike and is another. */
  meet(epoch: Epoch): void
  /** Whether a server that is under this epoch was left behind, or counted on its own. */
  isBehind(epoch: Epoch): boolean
}

/**
 * Who has met a newer epoch neither acknowledges nor proves anything under an older one: what it applied there would not be
 * among what it re-asserted.
 */
export function createSeenEpoch(): SeenEpoch {
  let highest: Epoch = { counter: 0, random: '' }

  function isBehind({ counter, random }: Epoch) {
    return counter < highest.counter || (counter === highest.counter && random !== highest.random)
  }

  return {
    get highest() {
      return highest
    },
    note(epoch) {
      if (epoch.counter > highest.counter) highest = epoch
    },
    meet(epoch) {
      if (epoch.counter >= highest.counter) highest = epoch
    },
    isBehind,
  }
}
