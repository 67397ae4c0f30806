import { codeOf } from '../revocation/harness.ts'

interface Callbacks {
  onStarted(): void
  onData(data: unknown): void
  onConnectionStateChange(state: { readonly state: string; readonly error: unknown }): void
  onError(error: unknown): void
  onComplete(): void
}

export interface Followed {
  readonly data: readonly unknown[]
  /** `started`, `completed`, `error` and what became of the connection, in order. */
  readonly states: readonly string[]
  readonly error: unknown
}

/** Follows a subscription until it ends, or until so much data has come, and leaves then. */
export function follow(
  subscribe: (callbacks: Callbacks) => { unsubscribe(): void },
  count = Number.POSITIVE_INFINITY,
): Promise<Followed> {
  const data: unknown[] = []
  const states: string[] = []
  return new Promise((resolve) => {
    const finish = (state: string, error: unknown = null) => {
      states.push(state)
      resolve({ data: [...data], states: [...states], error })
      // Not from within its own callback, which may come before there is something to leave.
      setImmediate(() => subscription.unsubscribe())
    }
    const subscription = subscribe({
      onStarted: () => states.push('started'),
      onData(item) {
        data.push(item)
        if (data.length === count) finish('left')
      },
      onConnectionStateChange({ state, error }) {
        if (state === 'connecting' && error) states.push(`back after ${codeOf(error)}`)
      },
      onError: (error) => finish('error', error),
      onComplete: () => finish('completed'),
    })
  })
}
