import { setTimeout as pause } from 'node:timers/promises'

export interface EventuallyOptions {
  /** When to give up. Milliseconds, default 5000. */
  readonly timeoutMs?: number
  /** Pause between two tries. Milliseconds, default 20. */
  readonly intervalMs?: number
}

/**
 * Tries `assertion` until it passes, and returns what it returned. Gives up after `timeoutMs` with the last failure,
 * also when a single try hangs for that long.
 */
export async function eventually<Value>(
  assertion: () => Value | Promise<Value>,
  options: EventuallyOptions = {},
): Promise<Value> {
  const { timeoutMs = 5_000, intervalMs = 20 } = options
  const endsAt = performance.now() + timeoutMs
  let failure: unknown = new Error('the first try hung')
  for (;;) {
    const attempt = await attemptWithin(assertion, endsAt - performance.now())
    if (attempt !== null && 'value' in attempt) return attempt.value
    failure = attempt?.error ?? failure
    if (performance.now() + intervalMs >= endsAt) throw describeFailure(failure, timeoutMs)
    await pause(intervalMs)
  }
}

type Attempt<Value> = { readonly value: Value } | { readonly error: unknown }

/** Null if it hangs. */
async function attemptWithin<Value>(
  assertion: () => Value | Promise<Value>,
  limitMs: number,
): Promise<Attempt<Value> | null> {
  const hung = Promise.withResolvers<null>()
  const timer = setTimeout(() => hung.resolve(null), limitMs)
  const tried = (async () => ({ value: await assertion() }))().catch((error: unknown) => ({
    error,
  }))
  const attempt = await Promise.race([tried, hung.promise])
  clearTimeout(timer)
  return attempt
}

function describeFailure(error: unknown, timeoutMs: number): unknown {
  if (!(error instanceof Error)) return error
  error.message = `not within ${timeoutMs} ms: ${error.message}`
  return error
}
