import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { OriginRule } from '../guard/origin-rule.ts'
import type { CookieReading, SessionCookie } from '../guard/session-cookie.ts'
import { type ResponseForm, responseForm } from '../respond/response-form.ts'
import type { Arrival } from '../server/arrival.ts'
import type { EdgeResponse } from '../server/edge-response.ts'
import type { Target } from './target.ts'

/** Content types that tRPC reads. `none` is a GET. */
type BodyKind = 'none' | 'json' | 'multipart' | 'binary'

/** Where calls come from. */
export interface CallOrigin extends Arrival {
  readonly request: IncomingMessage
  readonly cookie: CookieReading
}

/** A request as far as the gateway reads it: everything but its payload. */
export interface Call extends CallOrigin {
  readonly response: EdgeResponse
  readonly method: 'GET' | 'POST'
  readonly target: Target
  readonly form: ResponseForm
  readonly bodyKind: BodyKind
}

export interface CallReaderOptions {
  readonly originRule: OriginRule
  /** Undefined: there are no sessions, and all cookies go on. */
  readonly cookie: SessionCookie | undefined
}

export type CallReader = (request: IncomingMessage, response: EdgeResponse, target: Target) => Call

/** @throws {GatewayError} for the first thing about the request that is not acceptable. */
export function createCallReader(options: CallReaderOptions): CallReader {
  const { originRule, cookie } = options
  return (request, response, target) => {
    const method = request.method
    if (method !== 'GET' && method !== 'POST') refuseMethod(request)
    // RFC 9112 section 3.2. Left to the server, the refusal would have no body.
    assertOnce(request, 'host')
    const bodyKind = method === 'GET' ? 'none' : readBodyKind(request)
    originRule(request.headers, bodyKind === 'multipart')
    const { id, address, trace } = response.arrival
    return {
      id,
      address,
      trace,
      request,
      response,
      method,
      target,
      form: responseForm(request.headers),
      bodyKind,
      cookie: readCookie(cookie, request.headers.cookie),
    }
  }
}

export function readCookie(
  cookie: SessionCookie | undefined,
  header: string | undefined,
): CookieReading {
  return cookie === undefined ? { value: undefined, rest: header } : cookie.read(header)
}

/** As tRPC does, which looks at the content type first. So it is for OPTIONS, unless a browser asks with it before a call. */
function refuseMethod(request: IncomingMessage): never {
  readBodyKind(request)
  throw new GatewayError('ERR_METHOD_NOT_SUPPORTED')
}

const BODY_KINDS: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'multipart/form-data': 'multipart',
  'application/octet-stream': 'binary',
}

function readBodyKind(request: IncomingMessage): BodyKind {
  const contentType = request.headers['content-type']
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const kind = Object.hasOwn(BODY_KINDS, mediaType) ? BODY_KINDS[mediaType] : undefined
  if (kind === undefined) throw new GatewayError('ERR_CONTENT_TYPE_UNSUPPORTED')
  assertOnce(request, 'content-type')
  return kind
}

/** Node reads the first of two; another server might read the last. */
function assertOnce({ rawHeaders }: IncomingMessage, name: string): void {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string
    if (header.length === name.length && header.toLowerCase() === name) count++
  }
  if (count !== 1) throw new GatewayError('ERR_HEADERS_INVALID')
}
