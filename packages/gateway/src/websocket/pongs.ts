import type { PendingCall } from './pending-calls.ts'

/** A subscription that does not say that it has stopped is waited for so long, milliseconds. */
const LONGEST_MS = 500

/**
 * When to answer a client's PING. It takes the answer for a sign that everything has arrived of what was sent before it, above
 * all of subscriptions that it has just stopped here because it moved them to another socket.
 */
export class Pongs implements Disposable {
  readonly #answer: () => void
  readonly #waiting = new Map<Set<PendingCall>, NodeJS.Timeout>()

  constructor(answer: () => void) {
    this.#answer = answer
  }

  /** @param stopping Subscriptions of which the last word is still to come. */
  asked(stopping: readonly PendingCall[]): void {
    const awaited = new Set(stopping)
    if (awaited.size === 0 && this.#waiting.size === 0) {
      this.#answer()
      return
    }
    const timer = setTimeout(() => this.#finish(awaited), LONGEST_MS)
    this.#waiting.set(awaited, timer.unref())
  }

  settled(call: PendingCall): void {
    if (this.#waiting.size === 0) return
    for (const awaited of this.#waiting.keys()) awaited.delete(call)
    this.#release()
  }

  [Symbol.dispose](): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }

  /** In order: each stands for all that was asked before it. */
  #release(): void {
    for (const awaited of [...this.#waiting.keys()]) {
      if (awaited.size > 0) return
      this.#finish(awaited)
    }
  }

  #finish(awaited: Set<PendingCall>): void {
    clearTimeout(this.#waiting.get(awaited))
    if (this.#waiting.delete(awaited)) this.#answer()
  }
}
