import type { InstanceId, Position } from '@portcullis/context'
import type { Keyspace, Redis } from '@portcullis/redis'
import { parseAcknowledgement } from '../receipts/acknowledgements.ts'
import type { AppliedLog } from './applied-log.ts'
import type { LogListener } from './catch-up.ts'
import { hintSchema } from './event.ts'

export interface FollowHintsOptions {
  readonly subscriber: Redis
  readonly keyspace: Keyspace
  readonly instance: InstanceId
  readonly log: AppliedLog
  readonly listener: LogListener
  readonly onAcknowledgement: (instance: InstanceId, position: Position) => void
  readonly requestFence: () => void
}

/**
 * Hears events and acknowledgements as they are published. After each subscription, also the one of a reconnect, a fence
 * is wanted: what was published in between is in the log.
 */
export function followHints(options: FollowHintsOptions): void {
  const { subscriber, keyspace, log, listener, requestFence } = options
  const acknowledgements = keyspace.acknowledgements(options.instance)

  subscriber.on('message', (channel, message: string) => {
    if (channel === acknowledgements) return hearAcknowledgement(message)
    const events = hintSchema.safeParse(message)
    if (!events.success) return requestFence()
    // Applied in this very step: nothing may decide between the arrival of a hint and its floor.
    for (const event of events.data) {
      const outcome = log.apply(event)
      if (outcome === 'applied') listener.onEvent(event)
      if (outcome === 'gap') requestFence()
    }
  })

  function hearAcknowledgement(message: string) {
    const said = parseAcknowledgement(message)
    if (said) options.onAcknowledgement(said.instance, said.position)
  }

  subscriber.on('ready', () => {
    subscriber.subscribe(keyspace.hints, acknowledgements).then(requestFence, requestFence)
  })
}
