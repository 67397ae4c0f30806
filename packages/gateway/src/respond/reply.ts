import type { ServerResponse } from 'node:http'
import type { GatewayError } from '../errors.ts'
import { type Envelope, envelopeOf, type Transformer } from './envelope.ts'
import { errorShape } from './error-shape.ts'
import type { ResponseForm } from './response-form.ts'
import { headLine, resultLine } from './streamed-lines.ts'

/** A whole answer made by the gateway. */
export interface Reply {
  readonly status: number
  /** Flat list of names and values, without `content-length`. */
  readonly headers: readonly string[]
  readonly body: string
}

/** What an answer must fit: the calls, if they could be read, and the form asked for. */
interface ReplyShape {
  readonly paths: readonly string[] | undefined
  readonly isBatch: boolean
  readonly form: ResponseForm
  /** Goes into errors. */
  readonly requestId?: string
}

/** One call's answer before the transformer: `{ result }` or `{ error }` as tRPC writes it, nothing wrapped. */
export interface PlainResult {
  readonly result?: { readonly data?: unknown }
  readonly error?: unknown
}

export interface Replies {
  /** The same failure for every call of a request, in the form the request asked for. */
  failure(error: GatewayError, shape: ReplyShape): Reply
  /** Answers of the gateway's own procedures, one a call. */
  results(results: readonly PlainResult[], status: number, shape: ReplyShape): Reply
  /** One call's answer as an element of a JSON batch, in the transformer's envelope. */
  element(result: PlainResult): string
}

const COMMON_HEADERS = ['cache-control', 'no-store', 'vary', 'trpc-accept, accept, cookie'] as const
const JSON_HEADERS = ['content-type', 'application/json', ...COMMON_HEADERS] as const
export const SSE_HEADERS = ['content-type', 'text/event-stream', ...COMMON_HEADERS] as const
/** How soon an EventSource should come back after a failure that may pass, milliseconds; at most twice as much. */
const RECONNECT_MS = 1_000
/** And how soon if there is nothing to wait for. */
const RECONNECT_AT_ONCE_MS = 50

export function createReplies(transformer: Transformer): Replies {
  const envelope = envelopeOf(transformer)
  const element = (result: PlainResult) => elementOf(result, envelope)
  return {
    element,
    failure(error, shape) {
      const extra = failureHeaders(error)
      if (shape.form === 'sse') return eventStreamFailure(error, shape, envelope, extra)
      const results = (shape.paths ?? [undefined]).map((path) => ({
        error: errorShape(error, path, shape.requestId),
      }))
      const reply = resultsReply(results, error.kind.status, shape, envelope)
      return { ...reply, headers: [...reply.headers, ...extra] }
    },
    results: (results, status, shape) => resultsReply(results, status, shape, envelope),
  }
}

/** @param extra Further headers, a flat list. */
export function sendReply(
  response: ServerResponse,
  reply: Reply,
  extra: readonly string[] = [],
): void {
  const headers = [...reply.headers, ...extra]
  // RFC 9110 section 8.6: not with 204.
  if (reply.status !== 204) headers.push('content-length', String(Buffer.byteLength(reply.body)))
  response.writeHead(reply.status, headers)
  response.end(reply.body)
}

function resultsReply(
  results: readonly PlainResult[],
  status: number,
  shape: ReplyShape,
  envelope: Envelope,
): Reply {
  if (shape.form === 'jsonl' && shape.isBatch && shape.paths !== undefined) {
    return { status: 200, headers: JSON_HEADERS, body: linesOf(results, envelope) }
  }
  const elements = results.map((result) => elementOf(result, envelope))
  const isArray = shape.isBatch && shape.paths !== undefined
  return {
    status,
    headers: JSON_HEADERS,
    body: isArray ? `[${elements.join(',')}]` : (elements[0] ?? 'null'),
  }
}

function elementOf({ result, error }: PlainResult, { pack }: Envelope): string {
  if (error !== undefined) return JSON.stringify({ error: pack(error) })
  return JSON.stringify({ result: { data: pack(result?.data) } })
}

/**
 * A streamed batch that is complete from the start: the head announces one promise a call, then each is fulfilled by a
 * line. Status 200 whatever the results: some clients read nothing else of a streamed answer.
 */
function linesOf(results: readonly PlainResult[], envelope: Envelope): string {
  const lines = results.map((result, index) => resultLine(index, result, envelope))
  return headLine(results.keys(), envelope) + lines.join('')
}

/** 200 and an event: an EventSource treats any other status as final and hides the error from its user. */
function eventStreamFailure(
  error: GatewayError,
  shape: ReplyShape,
  envelope: Envelope,
  extra: readonly string[],
): Reply {
  const body = serializedError(error, shape.paths?.[0], envelope, shape.requestId)
  return { status: 200, headers: [...SSE_HEADERS, ...extra], body }
}

/** The event that tells a tRPC client of an error; by its code it comes back or gives up. */
export function serializedError(
  error: GatewayError,
  path: string | undefined,
  envelope: Envelope,
  requestId?: string,
) {
  const retryMs = error.code === 'ERR_STREAM_OUTDATED' ? RECONNECT_AT_ONCE_MS : RECONNECT_MS
  // Whoever is interrupted together does not come back together.
  const spreadMs = Math.round(retryMs * (1 + Math.random()))
  const data = envelope.wrap(errorShape(error, path, requestId))
  return `retry: ${spreadMs}\nevent: serialized-error\ndata: ${data}\n\n`
}

/** What an event stream says before it ends without an error, so that those who come back do not come all at once. */
export function comeBackSoon(): string {
  return `retry: ${Math.round(RECONNECT_AT_ONCE_MS + RECONNECT_MS * Math.random())}\n\n`
}

function failureHeaders(error: GatewayError): string[] {
  const headers: string[] = []
  if (error.retryAfterSeconds !== undefined) {
    headers.push('retry-after', String(error.retryAfterSeconds))
  }
  if (error.code === 'ERR_METHOD_NOT_SUPPORTED') headers.push('allow', 'GET, POST, HEAD')
  return headers
}
