import { TRPCClientError } from '@trpc/client'

/** A value as JSON, with what JSON cannot say spelt out, so that two observations can be compared. */
export function plain(value: unknown): unknown {
  if (value === undefined) return '(undefined)'
  if (typeof value === 'bigint') return `(bigint ${value})`
  if (value instanceof Date) return `(date ${value.toISOString()})`
  if (value instanceof Map) return { '(map)': plain([...value]) }
  if (value instanceof Set) return { '(set)': plain([...value]) }
  if (value instanceof Error) return plainError(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

function plainError(error: Error): unknown {
  if (!(error instanceof TRPCClientError)) return { name: error.name }
  const { message, data, shape } = error
  return { message, code: data?.code ?? null, shape: plain(withoutStack(shape)) }
}

/** Where in the server's source an error arose is its own matter. */
export function withoutStack(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (key, item) =>
    key === 'stack' ? '(stack)' : item,
  )
}

/** The value, or the error as a value. */
export function outcomeOf(work: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(work).then(
    (value) => ({ value }),
    (error) => ({ error }),
  )
}

/** The outcomes of work that runs at the same time: with a batching link, one batch. */
export function outcomesOf(...work: PromiseLike<unknown>[]): Promise<unknown[]> {
  return Promise.all(work.map(outcomeOf))
}

/** All values of a stream, and how it ended. */
export async function drain(stream: PromiseLike<AsyncIterable<unknown>>): Promise<unknown> {
  const values: unknown[] = []
  try {
    const iterator = (await stream)[Symbol.asyncIterator]()
    for (;;) {
      const step = await iterator.next()
      if (step.done) return { values, returned: step.value }
      values.push(step.value)
    }
  } catch (error) {
    return { values, error }
  }
}
