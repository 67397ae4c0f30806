import type { Clock } from '@portcullis/runtime'
import type { SharedCounters } from '../shared-counters.ts'
import type { Counter, Quota } from './quota.ts'

/** How gateways learn of each other's counters, beside the requests and never in their way. */
export interface QuotaExchange {
  /** Learns that a counter of this gateway has grown; others learn of it in shares. */
  grew(quota: Quota, key: string, counter: Counter): void
}

/** A gateway says what it has let through whenever it is this part of the limit. */
const SHARES = 20
/** Reports under way; what cannot be reported then is part of a later report. */
const MAX_UNDERWAY = 1_000

export function createQuotaExchange(counters: SharedCounters, clock: Clock): QuotaExchange {
  let underway = 0

  async function report({ kind }: Quota, key: string, counter: Counter): Promise<void> {
    const points = counter.unreported
    counter.unreported = 0
    const total = await counters.add(kind, key, points)
    if (total === undefined) {
      // It may have counted. Better told twice than never.
      counter.unreported += points
    } else {
      counter.used = total.used + counter.unreported
      counter.endsAt = clock.now() + total.endsInMs
    }
  }

  return {
    grew(quota, key, counter) {
      const share = Math.ceil(quota.kind.limit / SHARES)
      if (counter.unreported < share || counter.isReporting || underway >= MAX_UNDERWAY) return
      counter.isReporting = true
      underway += 1
      report(quota, key, counter)
        .finally(() => {
          counter.isReporting = false
          underway -= 1
        })
        // `report` does not reject: counters that are away have no total.
        .catch(() => {})
    },
  }
}
