import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tracePool } from './postgres-traces.ts'

const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const tracer = provider.getTracer('test')

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(async () => {
  context.disable()
  await provider.shutdown()
})

/** A pool that answers in its own time, as one does whose clients are all taken. */
class LatePool {
  #waiting: (() => void)[] = []
  on() {}
  query(statement: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const answer = () =>
        statement.includes('bad') ? reject(new Error(statement)) : resolve('ok')
      this.#waiting.push(answer)
    })
  }
  answerAll() {
    for (const answer of this.#waiting.splice(0)) answer()
  }
}

function within<Result>(name: string, run: () => Result): Result {
  const span = tracer.startSpan(name)
  return context.with(trace.setSpan(context.active(), span), run)
}

test('a statement belongs to whoever ran it, however late, and is named by its verb and table', async () => {
  const pool = new LatePool()
  tracePool(pool, tracer)
  const statements = [
    within('first', () => pool.query('select "id" from "orders"."orders" where "item" = \'tea\'')),
    within('second', () => pool.query('insert into accounts.users (id) values (1)')),
    within('third', () => pool.query('update bad set x = 1')).catch(() => 'failed'),
    pool.query('select 1'),
  ]
  pool.answerAll()
  expect(await Promise.all(statements)).toEqual(['ok', 'ok', 'failed', 'ok'])
  const spans = exporter.getFinishedSpans()
  expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
    ['SELECT orders.orders', 0],
    ['INSERT accounts.users', 0],
    ['UPDATE bad', 2],
  ])
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(3)
  expect(JSON.stringify(spans.map(({ attributes, status }) => [attributes, status]))).not.toMatch(
    /tea|x = 1/,
  )
})
