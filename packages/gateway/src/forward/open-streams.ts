/** An answer that has no end of its own. */
export interface OpenStream {
  /** Whether it goes to somebody about whom something else has been said since. Synchronous. */
  isStale(): boolean
  close(): void
}

/**
 * The subscriptions that pass through this gateway. One whose session ended or changed is closed within a second, for
 * services that do not see to it themselves; an EventSource then comes back and is authenticated anew.
 */
export interface OpenStreams extends Disposable {
  add(stream: OpenStream): void
  remove(stream: OpenStream): void
  closeAll(): void
}

const SWEEP_INTERVAL_MS = 1_000

export function createOpenStreams(): OpenStreams {
  const streams = new Set<OpenStream>()
  const sweep = setInterval(() => {
    for (const stream of streams) if (stream.isStale()) stream.close()
  }, SWEEP_INTERVAL_MS)
  sweep.unref()
  return {
    add: (stream) => streams.add(stream),
    remove: (stream) => streams.delete(stream),
    closeAll() {
      for (const stream of streams) stream.close()
    },
    [Symbol.dispose]: () => clearInterval(sweep),
  }
}
