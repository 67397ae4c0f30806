import type { IncomingMessage } from 'node:http'
import { AT_LEAST_HEADER } from '@portcullis/context'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import type { Reply } from '../respond/reply.ts'

export interface CrossOriginOptions {
  /** Origins whose pages may call, each exactly as a browser sends it. */
  readonly allowedOrigins: readonly string[]
  /** Request headers that those pages may send beside those of tRPC clients. Default none. */
  readonly allowedHeaders?: readonly string[] | undefined
}

/** Lets pages of allowed origins read what they are answered. Fetch Standard, section 3.3. */
export interface CrossOrigin {
  /**
   * The answer to a browser's question whether a page may send a request; undefined if the request is no such question.
   *
   * @throws {GatewayError} `ERR_ORIGIN_REFUSED`, which is no permission either.
   */
  preflight(request: IncomingMessage): Reply | undefined
  /** What goes into the head of any answer, a flat list. */
  headers(request: IncomingMessage): readonly string[]
}

/** What tRPC's links send, and what browsers ask for when traces begin in the page. */
const CLIENT_HEADERS = [
  ...['content-type', 'trpc-accept', 'x-trpc-source', 'last-event-id'],
  AT_LEAST_HEADER,
]
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage']
const EXPOSED_HEADERS = 'x-request-id, retry-after, ratelimit, ratelimit-policy'
/** How long a browser may remember the permission; none keeps it longer. Seconds. */
const MAX_AGE_SECONDS = 7_200

export const allowedHeadersSchema = z
  .array(z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/))
  .max(100)

/** @throws {TypeError} for `allowedHeaders` that are no header names. */
export function createCrossOrigin(options: CrossOriginOptions): CrossOrigin {
  const parsed = allowedHeadersSchema.safeParse(options.allowedHeaders ?? [])
  if (!parsed.success) throw new TypeError(`allowedHeaders: ${z.prettifyError(parsed.error)}`)
  const allowedHeaders = [...CLIENT_HEADERS, ...TRACE_HEADERS, ...parsed.data].join(', ')
  const varying: readonly string[] = options.allowedOrigins.length > 0 ? ['vary', 'origin'] : []
  const byOrigin = new Map(
    options.allowedOrigins.map((origin) => [origin, [...permission(origin), ...varying]]),
  )
  const permitted = [
    ...['access-control-allow-methods', 'GET, POST'],
    ...['access-control-allow-headers', allowedHeaders],
    ...['access-control-max-age', String(MAX_AGE_SECONDS)],
  ]
  return {
    preflight({ method, headers }) {
      if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return
      if (!byOrigin.has(headers.origin ?? '')) throw new GatewayError('ERR_ORIGIN_REFUSED')
      return { status: 204, headers: permitted, body: '' }
    },
    headers: ({ headers }) => byOrigin.get(headers.origin ?? '') ?? varying,
  }
}

function permission(origin: string): string[] {
  return [
    ...['access-control-allow-origin', origin],
    ...['access-control-allow-credentials', 'true'],
    ...['access-control-expose-headers', EXPOSED_HEADERS],
  ]
}
