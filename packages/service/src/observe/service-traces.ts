import type { IncomingMessage, ServerResponse } from 'node:http'
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
import { TRPCError } from '@trpc/server'
import type { AroundCall } from './around-call.ts'

/** Runs what answers a request below a span of its own, which continues the trace that the request belongs to. */
export type AroundRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  run: () => void,
) => void

export function createRequestTrace(tracer: Tracer): AroundRequest {
  return (request, response, run) => {
    const { method = '' } = request
    const span = tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
      propagation.extract(ROOT_CONTEXT, request.headers),
    )
    response.once('close', () => {
      if (response.headersSent) endWith(span, response.statusCode)
      else span.end()
    })
    context.with(trace.setSpan(ROOT_CONTEXT, span), run)
  }
}

function endWith(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/** A span for each procedure call, with its path and the code that it failed with; inputs and messages stay out. */
export function createCallTrace(tracer: Tracer): AroundCall {
  return ({ path, type }, run) => {
    const attributes = { 'rpc.system': 'trpc', 'rpc.method': path, 'trpc.type': type }
    return tracer.startActiveSpan(path, { attributes }, async (span) => {
      try {
        return await run()
      } catch (error) {
        fail(span, error instanceof TRPCError ? error.code : 'INTERNAL_SERVER_ERROR')
        throw error
      } finally {
        span.end()
      }
    })
  }
}

function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code)
  if (code === 'INTERNAL_SERVER_ERROR') span.setStatus({ code: SpanStatusCode.ERROR })
}
