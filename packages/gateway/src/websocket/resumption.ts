/** Between two attempts to reach a service, milliseconds; the first is made at once, the later ones less and less often. */
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 5_000

/** When to try again to reach a service that was lost, and when to stop. */
export class Resumption {
  readonly #windowMs: number
  readonly #connect: () => void
  #attempt = 0
  #lostAt: number | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param windowMs How long after the loss it is tried. */
  constructor(windowMs: number, connect: () => void) {
    this.#windowMs = windowMs
    this.#connect = connect
  }

  /** Whether there is another attempt. */
  mayGoOn(): boolean {
    this.#lostAt ??= performance.now()
    return performance.now() - this.#lostAt < this.#windowMs
  }

  schedule(): void {
    const longest = Math.min(FIRST_DELAY_MS * 2 ** this.#attempt, LONGEST_DELAY_MS)
    // Whoever lost the same service does not come back in the same moment.
    const delayMs = this.#attempt === 0 ? 0 : longest * (0.5 + Math.random() / 2)
    this.#attempt++
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#connect, delayMs)
  }

  /** The service has answered something. */
  succeeded(): void {
    this.#attempt = 0
    this.#lostAt = undefined
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
