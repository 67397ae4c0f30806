import type { Receiver } from './receiver.ts'
import { setEventOf, type TrailEvent } from './security-event.ts'

/** Whether a receiver is told of an entry of the trail. */
export function wants(receiver: Receiver, event: TrailEvent): boolean {
  if (receiver.kind === 'webhook') {
    const events: readonly string[] = receiver.events
    return events.includes(event.kind)
  }
  const type = setEventOf(event)
  return type !== undefined && receiver.events.includes(type)
}
