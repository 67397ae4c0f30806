import type { Clock } from '@portcullis/runtime'
import type { PortcullisContext } from './portcullis-context.ts'
import { Refusal } from './refusal.ts'

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/**
 * Passes a stream on until the signal of its context aborts or the context ends, and fails with that reason then,
 * whether or not the source looks at the signal. Without a lease it puts nothing out until there is one again.
 */
export async function* untilEnded(
  source: AsyncIterable<unknown>,
  { signal, deadline, lease }: Pick<PortcullisContext, 'signal' | 'deadline' | 'lease'>,
  clock: Clock,
): AsyncGenerator<unknown, unknown> {
  const end = new AbortController()
  using owned = new DisposableStack()
  const onAbort = () => end.abort(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  owned.defer(() => signal.removeEventListener('abort', onAbort))
  if (deadline !== undefined) {
    const expire = () => end.abort(new Refusal('ERR_STREAM_EXPIRED'))
    const timer = setTimeout(expire, Math.max(0, deadline - clock.now())).unref()
    owned.defer(() => clearTimeout(timer))
  }
  const iterator = source[Symbol.asyncIterator]()
  // Not awaited: a source that hangs has to hold up nothing. Its last error has no one to go to.
  owned.defer(() => void iterator.return?.().catch(() => undefined))
  for (;;) {
    const step = await orEnd(iterator.next(), end.signal)
    while (lease && !lease.isHeld()) await orEnd(lease.whenHeld(), end.signal)
    // What came with the lease has been applied: it may have ended this very stream.
    end.signal.throwIfAborted()
    if (step.done) return step.value
    yield step.value
  }
}

// One listener a step: a race against one lasting promise would keep every step in memory.
function orEnd<Value>(work: Promise<Value>, end: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onEnd = () => reject(end.reason)
    // Also when it ends first: a failure of the work has no one to go to then.
    work.then(resolve, reject).finally(() => end.removeEventListener('abort', onEnd))
    if (end.aborted) onEnd()
    else end.addEventListener('abort', onEnd, { once: true })
  })
}
