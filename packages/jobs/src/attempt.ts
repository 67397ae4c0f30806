import { JobError } from './errors.ts'

/**
 * Runs one attempt. Its signal aborts after `timeoutMs` or with `cancelled`, and then the attempt is over even if the work
 * does not listen: it must not hold its place, and at shutdown not the process.
 *
 * @throws the reason of the abort: {JobError} `ERR_JOB_TIMED_OUT`, or that of `cancelled`.
 */
export async function runAttempt<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  options: { timeoutMs: number; cancelled: AbortSignal | undefined },
): Promise<Result> {
  const { timeoutMs, cancelled } = options
  const timeout = new AbortController()
  const expire = () => timeout.abort(new JobError('ERR_JOB_TIMED_OUT'))
  const timer = setTimeout(expire, timeoutMs)
  const signal = cancelled ? AbortSignal.any([timeout.signal, cancelled]) : timeout.signal
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(toError(signal.reason))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work(signal), aborted.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** BullMQ gives a text as the reason. */
function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(`the job was stopped: ${reason}`)
}
