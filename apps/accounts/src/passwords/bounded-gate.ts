import { AccountsError } from '../errors.ts'

export interface BoundedGate {
  /** @throws {AccountsError} `ERR_PASSWORDS_BUSY` at once when the queue is full. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

/** At most `concurrency` at work and `queueLimit` waiting, first come first served. */
export function createBoundedGate(options: {
  concurrency: number
  queueLimit: number
}): BoundedGate {
  const { concurrency, queueLimit } = options
  const waiting: (() => void)[] = []
  let running = 0

  // A place is handed over, not given back, while somebody waits: a newcomer cannot take it in between.
  const enter = () => {
    if (running < concurrency) {
      running += 1
      return
    }
    if (waiting.length >= queueLimit) throw new AccountsError('ERR_PASSWORDS_BUSY')
    return new Promise<void>((resolve) => waiting.push(resolve))
  }
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
    async run(work) {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
