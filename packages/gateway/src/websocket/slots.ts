/** Counts what is open under a key. A key with nothing open takes no memory. */
export class Slots {
  readonly #limit: number
  readonly #taken = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns what gives it back, once; undefined if all are taken. */
  take(key: string): Disposable | undefined {
    const taken = this.#taken.get(key) ?? 0
    if (taken >= this.#limit) return undefined
    this.#taken.set(key, taken + 1)
    let isTaken = true
    return {
      [Symbol.dispose]: () => {
        if (isTaken) this.#giveBack(key)
        isTaken = false
      },
    }
  }

  #giveBack(key: string): void {
    const left = (this.#taken.get(key) ?? 1) - 1
    if (left === 0) this.#taken.delete(key)
    else this.#taken.set(key, left)
  }
}
