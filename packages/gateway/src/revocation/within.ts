/**
 * What a promise resolves with, or undefined when the time is over; with 0 what it has already. It is left to itself then.
 *
 * @param timeoutMs Undefined: as long as it takes.
 */
export async function within<Value>(
  timeoutMs: number | undefined,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  if (timeoutMs === undefined) return promise
  const { promise: over, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, Math.max(0, timeoutMs), undefined)
  // Nobody looks at a failure that comes too late.
  promise.catch(() => undefined)
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer)
  }
}
