import type { Metrics } from '@portcullis/runtime'
import { TRPCError } from '@trpc/server'
import type { AroundCall } from './around-call.ts'

const BUCKETS = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30],
]

/** Measures each procedure call. Labels are the router's own paths, and tRPC's codes. */
export function createCallMetrics(metrics: Metrics): AroundCall {
  const durations = metrics.histogram({
    name: 'portcullis_procedure_duration_seconds',
    help: 'How long a procedure took, by the code that it ended with; a subscription until it began.',
    labels: ['procedure', 'code'],
    buckets: BUCKETS,
  })
  return async ({ path: procedure }, run) => {
    const startedAt = performance.now()
    const observe = (code: string) =>
      durations.observe((performance.now() - startedAt) / 1_000, { procedure, code })
    try {
      const result = await run()
      observe('OK')
      return result
    } catch (error) {
      observe(error instanceof TRPCError ? error.code : 'INTERNAL_SERVER_ERROR')
      throw error
    }
  }
}
