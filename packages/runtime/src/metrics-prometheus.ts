import { Counter, Gauge, Histogram, type LabelValues, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'

export interface PrometheusMetrics extends Metrics {
  /** Everything measured so far, in the text format that Prometheus reads. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>
}

/**
 * Measures for Prometheus.
 *
 * @param registry Where the metrics live, for whoever has some of their own beside these. Default a new one, never the
 *   process-wide one.
 */
export function createPrometheusMetrics(registry: Registry = new Registry()): PrometheusMetrics {
  const readers = new Map<string, () => number>()
  const registers = [registry]

  return {
    counter<Label extends string>({ name, help, labels = [] }: Options<Label>) {
      const known = registry.getSingleMetric(name)
      const counter: Counter<Label> =
        known instanceof Counter
          ? known
          : new Counter({ name, help, labelNames: [...labels], registers })
      return {
        add: (amount: number, values: LabelValues<Label> = {}) => counter.inc(values, amount),
      }
    },

    histogram<Label extends string>({ name, help, labels = [], buckets }: HistogramOptions<Label>) {
      const known = registry.getSingleMetric(name)
      const histogram: Histogram<Label> =
        known instanceof Histogram
          ? known
          : new Histogram({
              name,
              help,
              labelNames: [...labels],
              buckets: [...buckets],
              registers,
            })
      return {
        observe: (value: number, values: LabelValues<Label> = {}) =>
          histogram.observe(values, value),
      }
    },

    gauge({ name, help, read }) {
      const isKnown = readers.has(name)
      readers.set(name, read)
      if (isKnown) return
      const gauge: Gauge = new Gauge({
        name,
        help,
        registers,
        collect: () => gauge.set(readers.get(name)?.() ?? Number.NaN),
      })
    },

    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

interface Options<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly Label[]
}

interface HistogramOptions<Label extends string> extends Options<Label> {
  readonly buckets: readonly number[]
}
