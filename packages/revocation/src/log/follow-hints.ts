import type { InstanceId, Position } from '@portcullis/context'
import { parseAcknowledgement } from '../receipts/acknowledgements.ts'
import type { AppliedLog } from './applied-log.ts'
import type { LogListener } from './catch-up.ts'
import { parseHint } from './event.ts'

/** Hears what is published, as it was published, whichever road it took. Synchronous. */
export interface HintListener {
  onHint(message: string): void
  onAcknowledgement(message: string): void
  /** What was published until now may not have been heard. */
  onGap(): void
}

export interface FollowHintsOptions {
  readonly log: AppliedLog
  readonly listener: LogListener
  readonly onAcknowledgement: (instance: InstanceId, position: Position) => void
  readonly requestFence: () => void
}

/**
 * Applies events and acknowledgements as they are published. After each gap, also that of a reconnect, a fence is wanted:
 * what was published in between is in the log.
 */
export function followHints(options: FollowHintsOptions): HintListener {
  const { log, listener, requestFence } = options

  return {
    onHint(message) {
      const events = parseHint(message)
      if (!events) return requestFence()
      // Applied in this very step: nothing may decide between the arrival of a hint and its floor.
      for (const event of events) {
        const outcome = log.apply(event)
        if (outcome === 'applied') listener.onEvent(event)
        if (outcome === 'gap') requestFence()
      }
    },

    onAcknowledgement(message) {
      const said = parseAcknowledgement(message)
      if (said) options.onAcknowledgement(said.instance, said.position)
    },

    onGap: requestFence,
  }
}
