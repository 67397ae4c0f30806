import { type Metrics, noMetrics } from '@portcullis/runtime'
import { Refusal } from './refusal.ts'

/** Counts each refusal once, by its reason, though a batch meets it in each of its calls. */
export function createRefusalCounter(metrics: Metrics = noMetrics) {
  const counted = new WeakSet<Refusal>()
  const refusals = metrics.counter({
    name: 'portcullis_refusals_total',
    help: 'Requests and calls that were refused or broken off, by reason.',
    labels: ['reason'],
  })
  return {
    count(error: unknown): void {
      if (!(error instanceof Refusal) || counted.has(error)) return
      counted.add(error)
      refusals.add(1, { reason: error.reason })
    },
  }
}
