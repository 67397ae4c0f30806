import type { Metrics } from '@portcullis/runtime'
import type { GatewayError } from '../errors.ts'
import type { OpenStreams } from '../forward/open-streams.ts'
import type { Proof } from '../forward/proof.ts'
import type { ServiceTable } from '../service-table.ts'
import { callsOf, type ObservedCall, serviceAt } from './observed-call.ts'
import type { RequestObserver } from './observer.ts'
import { createProcedureNames } from './procedure-names.ts'
import type { RequestRecord } from './request-record.ts'

export interface GatewayMetricsOptions {
  readonly metrics: Metrics
  readonly table: ServiceTable
  readonly openStreams: Pick<OpenStreams, 'size'>
}

/** Stands for a service where nobody answers to the path. */
const NOBODY = 'none'
/** Stands for a code where a status says nothing of each call. */
const MIXED = 'MIXED'

/** Seconds, from what a call costs at the least to what a client waits at the most. */
const CALL_BUCKETS = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30],
]
const STREAM_BUCKETS = [1, 10, 60, 300, 1_800, 7_200, 43_200]
const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50]

/** Measures what passes. Every label is of the configuration, of a table of codes, or a name that a service answers to. */
export function createGatewayMetrics(options: GatewayMetricsOptions): RequestObserver {
  const { metrics, table, openStreams } = options
  const names = createProcedureNames()
  const observed = defineMetrics(metrics)
  let inFlight = 0
  metrics.gauge({
    name: 'portcullis_requests_in_flight',
    help: 'Requests and streams that were not completely answered yet.',
    read: () => inFlight,
  })
  metrics.gauge({
    name: 'portcullis_open_streams',
    help: 'Streams and subscriptions that are open.',
    read: () => openStreams.size,
  })
  defineServerGauges(metrics, table)

  function countCall(call: ObservedCall, record: RequestRecord, seconds: number) {
    const { path, service = NOBODY, code = MIXED } = call
    observed.calls.add(1, { service, code })
    if (record.call?.form === 'sse') return
    if (code === 'OK' && call.service !== undefined) names.admit(path)
    observed.durations.observe(seconds, { service, procedure: names.labelOf(path) })
  }

  function countRefusal({ code }: GatewayError) {
    observed.refusals.add(1, { reason: code })
  }

  return {
    onSocketCall({ path, outcome, method, durationMs }) {
      const service = (path !== undefined && serviceAt(path, table)) || NOBODY
      const isRefused = typeof outcome !== 'string'
      observed.calls.add(1, { service, code: isRefused ? outcome.kind.trpc : outcome })
      if (isRefused) countRefusal(outcome)
      if (method === 'subscription') {
        observed.streams.observe(durationMs / 1_000, { service })
        return
      }
      if (outcome === 'OK' && path !== undefined) names.admit(path)
      const procedure = path === undefined ? NOBODY : names.labelOf(path)
      observed.durations.observe(durationMs / 1_000, { service, procedure })
    },

    onRequest() {
      inFlight += 1
    },

    onPartEnd(_record, { service, error, refusals }) {
      for (const refusal of refusals.values()) countRefusal(refusal)
      if (error === undefined) return
      countRefusal(error)
      if (error.kind.status >= 500) observed.upstreamErrors.add(1, { service, code: error.code })
    },

    onEnd(record) {
      inFlight -= 1
      const seconds = (performance.now() - record.startedAt) / 1_000
      const calls = callsOf(record, table)
      for (const call of calls) countCall(call, record, seconds)
      if (calls.length > 0) observed.batches.observe(calls.length)
      if (record.call?.form === 'sse') {
        observed.streams.observe(seconds, { service: calls[0]?.service ?? NOBODY })
      }
      const { error, parts } = record
      if (error && !parts.some((part) => part.error === error)) countRefusal(error)
      if (record.proof) countLookup(observed, record.proof)
    },
  }
}

function countLookup({ lookups }: ReturnType<typeof defineMetrics>, proof: Proof): void {
  if (proof.isFromMemory !== undefined) {
    const loaded = proof.isEnded ? 'ended' : 'loaded'
    lookups.add(1, { outcome: proof.isFromMemory ? 'memory' : loaded })
  }
}

function defineServerGauges(metrics: Metrics, table: Pick<ServiceTable, 'services'>): void {
  const ofEach = (value: 'known' | 'open') => () =>
    Array.from(
      table.services,
      ({ name, pool }) => [{ service: name }, pool.upstream.servers[value]] as const,
    )
  metrics.gauge({
    name: 'portcullis_service_servers',
    help: 'Servers of a service that may be asked.',
    labels: ['service'],
    read: ofEach('known'),
  })
  metrics.gauge({
    name: 'portcullis_breakers_open',
    help: 'Servers of a service that are not asked because they failed several times in a row.',
    labels: ['service'],
    read: ofEach('open'),
  })
}

function defineMetrics(metrics: Metrics) {
  return {
    durations: metrics.histogram({
      name: 'portcullis_request_duration_seconds',
      help: 'From the headers of a request to the end of its answer, for each call in it; no subscriptions.',
      labels: ['service', 'procedure'],
      buckets: CALL_BUCKETS,
    }),
    streams: metrics.histogram({
      name: 'portcullis_stream_duration_seconds',
      help: 'How long subscriptions were open.',
      labels: ['service'],
      buckets: STREAM_BUCKETS,
    }),
    calls: metrics.counter({
      name: 'portcullis_calls_total',
      help: 'Procedure calls by what they came to; MIXED where one status is that of several calls.',
      labels: ['service', 'code'],
    }),
    batches: metrics.histogram({
      name: 'portcullis_batch_calls',
      help: 'Calls in one request.',
      buckets: BATCH_BUCKETS,
    }),
    refusals: metrics.counter({
      name: 'portcullis_refusals_total',
      help: 'Requests and calls that were refused or broken off, by reason.',
      labels: ['reason'],
    }),
    upstreamErrors: metrics.counter({
      name: 'portcullis_upstream_errors_total',
      help: 'Requests to a service that it did not answer, by the code that the client got.',
      labels: ['service', 'code'],
    }),
    lookups: metrics.counter({
      name: 'portcullis_session_lookups_total',
      help: 'Requests with a session cookie, by where the session was found, or that it was not.',
      labels: ['outcome'],
    }),
  }
}
