/** Somebody waits for something to do. What is said while nobody waits is kept. */
export interface Wake extends Disposable {
  set(): void
  /** Resolves after `set`, after `everyMs` at the latest, and at once after disposal. */
  wait(): Promise<void>
}

export function createWake(everyMs: number): Wake {
  let next = Promise.withResolvers<void>()
  const set = () => next.resolve()
  const timer = setInterval(set, everyMs)
  let isDisposed = false
  return {
    set,
    async wait() {
      await next.promise
      if (!isDisposed) next = Promise.withResolvers()
    },
    [Symbol.dispose]() {
      isDisposed = true
      clearInterval(timer)
      set()
    },
  }
}
