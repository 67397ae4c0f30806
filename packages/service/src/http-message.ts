import type { ServerResponse } from 'node:http'
import { formatPosition, type Position, STALE_HEADER } from '@portcullis/context'
import { Refusal } from './refusal.ts'
import type { RequestScope } from './request-scope.ts'

/** A request as any adapter has it: node's `IncomingMessage`, or a fetch `Request`. */
export interface RequestLike {
  readonly headers: Headers | Readonly<Record<string, string | string[] | undefined>>
  readonly signal?: AbortSignal
}

/** Where response headers go: node's `ServerResponse`, or the `resHeaders` of a fetch adapter. */
export type ResponseLike =
  | Headers
  | Pick<ServerResponse, 'setHeader' | 'once' | 'closed' | 'writableFinished'>

/**
 * One header's value. Both kinds of request join duplicates with a comma, which no token contains, so that two
 * contexts are an invalid one.
 */
export function readHeader({ headers }: RequestLike, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** Tells the gateway where this service is, so that it can make a newer context. */
export function setStaleHeader(response: ResponseLike | undefined, position: Position): void {
  setHeader(response, STALE_HEADER, formatPosition(position))
}

/** Seconds after which a request that could not be verified may be sent again. */
const RETRY_AFTER_SECONDS = 1

/** RFC 9110 section 10.2.3. A stream has it too, whose status is 200 whatever happened. */
export function setRetryHeader(response: ResponseLike | undefined): void {
  setHeader(response, 'retry-after', String(RETRY_AFTER_SECONDS))
}

function setHeader(response: ResponseLike | undefined, name: string, value: string): void {
  if (response instanceof Headers) response.set(name, value)
  else response?.setHeader(name, value)
}

/** Milliseconds after which a scope that nothing else ends is given up: longer than any context lives. */
const UNBOUND_SCOPE_MS = 310_000

/** Ends the scope with the response, and aborts it if that ended early. */
export function bindScope(
  scope: RequestScope,
  request: RequestLike,
  response: ResponseLike | undefined,
): void {
  if (response === undefined || response instanceof Headers) bindToRequest(scope, request)
  else bindToResponse(scope, response)
}

function bindToResponse(scope: RequestScope, response: Exclude<ResponseLike, Headers>): void {
  const onClose = () => {
    if (response.writableFinished) scope[Symbol.dispose]()
    else leave(scope)
  }
  // One that has closed while the tokens were verified does not say so again.
  if (response.closed) onClose()
  else response.once('close', onClose)
}

// A fetch request tells when its client has gone, but not when its response is complete.
function bindToRequest(scope: RequestScope, { signal }: RequestLike): void {
  const onAbort = () => leave(scope)
  const timer = setTimeout(() => scope[Symbol.dispose](), UNBOUND_SCOPE_MS).unref()
  scope.defer(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  })
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
}

function leave(scope: RequestScope): void {
  scope.abort(new Refusal('ERR_CLIENT_GONE'))
  scope[Symbol.dispose]()
}
