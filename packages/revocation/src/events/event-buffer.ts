import type { LogEvent } from '../log/event.ts'

/** Events that a subscriber has not taken yet. One that cannot keep up gets them from the log instead. */
export interface EventBuffer {
  push(event: LogEvent): void
  shift(): LogEvent | undefined
  /** Forgets what it has, and that something was missed. */
  clear(): void
  /** Says that events exist which it was not given. */
  markMissed(): void
  /** Whether the log has to be read. */
  readonly hasMissed: boolean
  /** Resolves in a later turn of the event loop when there is something to do, or `signal` aborts. */
  whenChanged(signal: AbortSignal): Promise<void>
}

/** @param maxEvents Events held at most; beyond it all of them are forgotten, since the log has them. */
export function createEventBuffer(maxEvents: number): EventBuffer {
  let events: LogEvent[] = []
  let hasMissed = false
  let wake: (() => void) | undefined

  // Acknowledgements go out at the end of this turn; whoever is woken may take long and must not come before them.
  function wakeLater() {
    if (!wake) return
    const woken = wake
    wake = undefined
    setImmediate(() => setImmediate(woken))
  }

  return {
    push(event) {
      if (events.length < maxEvents) events.push(event)
      else {
        events = []
        hasMissed = true
      }
      wakeLater()
    },
    shift: () => events.shift(),
    clear() {
      events = []
      hasMissed = false
    },
    markMissed() {
      hasMissed = true
      wakeLater()
    },
    get hasMissed() {
      return hasMissed
    },
    async whenChanged(signal) {
      if (hasMissed || events.length > 0 || signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      signal.addEventListener('abort', wakeLater, { once: true })
      await promise
      signal.removeEventListener('abort', wakeLater)
    },
  }
}
