import type { Logger } from '@portcullis/runtime'
import type { LogListener } from './catch-up.ts'
import type { LogEvent } from './event.ts'

export interface Listeners extends Pick<LogListener, 'onEvent'> {
  onReset(): void
  addEventListener(listener: (event: LogEvent) => void): () => void
  addResetListener(listener: () => void): () => void
}

/** Tells every listener in turn. One that throws is logged and does not keep the log or the others from going on. */
export function createListeners(logger: Logger): Listeners {
  const onEvent = new Set<(event: LogEvent) => void>()
  const onReset = new Set<() => void>()

  function tell(listener: () => void) {
    try {
      listener()
    } catch (error) {
      logger.error({ err: error }, 'a listener of the event log failed')
    }
  }

  return {
    addEventListener: (listener) => add(onEvent, listener),
    addResetListener: (listener) => add(onReset, listener),
    onEvent(event) {
      for (const listener of onEvent) tell(() => listener(event))
    },
    onReset() {
      for (const listener of onReset) tell(listener)
    },
  }
}

function add<Item>(set: Set<Item>, item: Item): () => void {
  set.add(item)
  return () => set.delete(item)
}
