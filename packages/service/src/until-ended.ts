import type { Clock } from '@portcullis/runtime'
import type { PortcullisContext } from './portcullis-context.ts'
import { Refusal } from './refusal.ts'

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/**
 * Passes a stream on until the signal of its context aborts or the context ends, and fails with that reason then,
 * whether or not the source looks at the signal.
 */
export async function* untilEnded(
  source: AsyncIterable<unknown>,
  { signal, deadline }: Pick<PortcullisContext, 'signal' | 'deadline'>,
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
    const step = await nextOrEnd(iterator, end.signal)
    if (step.done) return step.value
    yield step.value
  }
}

// One listener a step: a race against one lasting promise would keep every step in memory.
function nextOrEnd(
  iterator: AsyncIterator<unknown>,
  end: AbortSignal,
): Promise<IteratorResult<unknown>> {
  return new Promise((resolve, reject) => {
    const onEnd = () => reject(end.reason)
    if (end.aborted) return onEnd()
    end.addEventListener('abort', onEnd, { once: true })
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => end.removeEventListener('abort', onEnd))
  })
}
