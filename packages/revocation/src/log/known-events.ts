import type { LogEvent } from './event.ts'

/** The newest events an instance has applied. */
export interface KnownEvents {
  add(event: LogEvent): void
  /** Oldest first. */
  list(): readonly LogEvent[]
}

/** @param maxEvents How many are kept; older ones have long been on every server. */
export function createKnownEvents(maxEvents: number): KnownEvents {
  let events: LogEvent[] = []
  return {
    add(event) {
      events.push(event)
      if (events.length >= 2 * maxEvents) events = events.slice(-maxEvents)
    },
    list: () => events.slice(-maxEvents),
  }
}
