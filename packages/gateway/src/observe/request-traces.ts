import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { GatewayError } from '../errors.ts'
import { serviceOf } from '../request/target.ts'
import type { TraceContext } from '../trace/trace-context.ts'
import type { RequestObserver, SocketCallRecord } from './observer.ts'
import type { PartRecord, RequestRecord } from './request-record.ts'

/**
 * A span for each request, below the client's if it sent one, and one for each service that takes part in the answer; one
 * for each call on a WebSocket, below what asked for the socket. No query string, header, address or session is in them.
 */
export function createRequestTraces(tracer: Tracer): RequestObserver {
  const requests = new WeakMap<RequestRecord, Span>()
  const parts = new WeakMap<PartRecord, Span>()

  const below = (record: RequestRecord) => {
    const span = requests.get(record)
    return span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span)
  }

  return {
    onRequest(record) {
      const { method = '' } = record.request
      const parent = propagation.extract(ROOT_CONTEXT, record.request.headers)
      const attributes = {
        'http.request.method': method,
        'portcullis.request_id': record.response.arrival.id,
      }
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent)
      requests.set(record, span)
      record.response.retrace(traceContextOf(span))
    },

    around: (record, next) => context.with(below(record), next),

    onPart(record, part) {
      const paths = record.target?.paths ?? []
      const name = paths.length === 1 ? `${paths[0]}` : `${part.service} batch`
      const attributes = {
        'rpc.system': 'trpc',
        'rpc.service': part.service,
        ...(paths.length === 1 && { 'rpc.method': paths[0] }),
      }
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, below(record))
      parts.set(part, span)
      part.trace = traceContextOf(span)
    },

    onPartEnd(_record, part) {
      const span = parts.get(part)
      if (span !== undefined) end(span, part.status, part.error)
    },

    onEnd(record) {
      const span = requests.get(record)
      if (span === undefined) return
      const { paths = [] } = record.target ?? {}
      const [first] = record.parts
      // A path that nobody answers to is whatever a client made up.
      if (first !== undefined) {
        const name = paths.length === 1 ? paths[0] : `batch of ${paths.length}`
        span.updateName(`${record.request.method} ${name}`)
      }
      span.setAttribute('portcullis.calls', paths.length)
      const { response, error } = record
      end(span, response.headersSent ? response.statusCode : undefined, error)
    },

    onSocketCall: (call) => traceSocketCall(tracer, call),
  }
}

/** It is known only when it has ended. */
function traceSocketCall(tracer: Tracer, call: SocketCallRecord): void {
  const { arrival, method, path, outcome, durationMs } = call
  const endTime = Date.now()
  const { traceId, parentId: spanId, flags: traceFlags } = arrival.trace
  const socket = { traceId, spanId, traceFlags, isRemote: true }
  const attributes = {
    'rpc.system': 'trpc',
    'portcullis.request_id': arrival.id,
    ...(path !== undefined && { 'rpc.service': serviceOf(path), 'rpc.method': path }),
  }
  const isRefused = typeof outcome !== 'string'
  // A path that nobody answers to is whatever a client made up.
  const name = path === undefined || isRefused ? method : `${method} ${path}`
  const options = { kind: SpanKind.SERVER, attributes, startTime: endTime - durationMs }
  const span = tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, socket))
  if (isRefused) end(span, undefined, outcome)
  else span.end(endTime)
}

function traceContextOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  return { traceId, parentId: spanId, flags: traceFlags, state: traceState?.serialize() }
}

function end(span: Span, status: number | undefined, error: GatewayError | undefined): void {
  if (status !== undefined) span.setAttribute('http.response.status_code', status)
  if (error !== undefined) span.setAttribute('error.type', error.code)
  if ((status ?? error?.kind.status ?? 0) >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
