import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type LabelValues,
  Registry,
} from 'prom-client'
import type { Metrics, Reading } from './metrics.ts'

/** As `createPrometheusMetrics`, with those of the process itself: memory, CPU, the event loop, garbage collection. */
export function createProcessMetrics(): PrometheusMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return createPrometheusMetrics(registry)
}

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
  const readers = new Map<string, () => number | Iterable<LabelledValue>>()
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

    gauge<Label extends string>({ name, help, labels = [], read }: GaugeOptions<Label>) {
      const isKnown = readers.has(name)
      readers.set(name, read)
      if (isKnown) return
      const gauge: Gauge<Label> = new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers,
        collect: () => show(gauge, readers.get(name)?.() ?? Number.NaN),
      })
    },

    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

type LabelledValue = readonly [labels: Readonly<Record<string, string>>, value: number]

/** Only what is there now: a set of labels that is gone is shown no more. */
function show(gauge: Gauge<string>, reading: number | Iterable<LabelledValue>): void {
  if (typeof reading === 'number') {
    gauge.set(reading)
    return
  }
  gauge.reset()
  for (const [labels, value] of reading) gauge.set(labels, value)
}

interface GaugeOptions<Label extends string> extends Options<Label> {
  readonly read: () => Reading<Label>
}

interface Options<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly Label[]
}

interface HistogramOptions<Label extends string> extends Options<Label> {
  readonly buckets: readonly number[]
}
