import type { IncomingMessage, ServerResponse } from 'node:http'
import { ASSERTION_HEADER, ContextError } from '@portcullis/context'
import { RedisError } from '@portcullis/redis'
import {
  carriedPrincipalSchema,
  RELAYED_CALLS,
  type RelayedCall,
  RevocationError,
  relayPath,
} from '@portcullis/revocation'
import type { Logger } from '@portcullis/runtime'
import { GatewayError, type GatewayErrorCode, toGatewayError } from '../errors.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import { assertAnnouncedLength, readBody } from '../request/request-body.ts'
import { type Reply, sendReply } from '../respond/reply.ts'
import type { EdgeListener } from '../server/edge-response.ts'
import { createHintStreams } from './hint-streams.ts'
import type { Relaying } from './relaying.ts'

export interface RelayEndpointsOptions {
  /** Without it none of the endpoints exists. */
  readonly relaying?: Relaying | undefined
  readonly cookie: SessionCookie
  readonly logger: Logger
}

/** What services ask of the gateway instead of Redis. Not for browsers, and not tRPC. */
export interface RelayEndpoints {
  /** Takes these endpoints' requests out of what goes on to `handle`. */
  mount(handle: EdgeListener): EdgeListener
  /** Ends the streams, and takes no more. */
  endStreams(): void
}

const NOBODY = { context: null }
const FOLDER = relayPath('fence').replace(/[^/]+$/, '')

export function createRelayEndpoints(options: RelayEndpointsOptions): RelayEndpoints {
  const { relaying, logger } = options
  const answerer = relaying && createAnswerer(relaying, options.cookie)

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const answered = answerer?.answer(request, response)
    const refused = answered ?? Promise.reject(new GatewayError('ERR_RELAY_MISSING'))
    refused.catch((cause: unknown) => {
      const error = toRelayError(cause)
      if (error.code === 'ERR_INTERNAL') logger.error({ err: error.cause }, 'The relay failed')
      if (response.headersSent) response.destroy()
      else if (!response.destroyed) sendReply(response, failure(error))
    })
  }

  return {
    mount: (handle) => (request, response) =>
      request.url?.startsWith(FOLDER) ? answer(request, response) : handle(request, response),
    endStreams: () => answerer?.endStreams(),
  }
}

const CALLS = new Map<string | undefined, RelayedCall>(
  RELAYED_CALLS.map((call) => [relayPath(call), call]),
)

/** They take their turn among all of these: a revocation waits for others' fences and must not take their place. */
type CountedCall = Exclude<RelayedCall, 'revoke'>

function createAnswerer(
  { relay, voucher, revoker, verifier, limits }: Relaying,
  cookie: SessionCookie,
) {
  const streams = createHintStreams(relay, limits)
  let underway = 0

  async function revokeFor(service: string, request: IncomingMessage): Promise<Reply> {
    using turn = revoker.admit(service)
    return success(await turn.revoke(parseJson(await readBody(request, limits.bodyBytes))))
  }

  async function answerOne(call: CountedCall, service: string, request: IncomingMessage) {
    const body = parseJson(await readBody(request, limits.bodyBytes))
    if (call === 'hints') return { body }
    if (call === 'principal') return { reply: success(await vouchFor(service, body)) }
    return { reply: success(await relay.answer(call, service, body)) }
  }

  async function vouchFor(service: string, body: unknown) {
    const carried = carriedPrincipalSchema.safeParse(body)
    if (!carried.success) throw new GatewayError('ERR_RELAY_MALFORMED')
    try {
      return { context: (await voucher.vouchFor(carried.data, service)) ?? null }
    } catch (error) {
      // Nothing is to be done for somebody who is suspended, and it is not the service that is refused.
      if (error instanceof GatewayError && error.code === 'ERR_SUBJECT_SUSPENDED') return NOBODY
      throw error
    }
  }

  /** As `answerOne`, if not too many are under way. */
  async function answerCounted(call: CountedCall, service: string, request: IncomingMessage) {
    if (underway >= limits.concurrentCalls) throw new GatewayError('ERR_RELAY_BUSY')
    underway += 1
    try {
      return await answerOne(call, service, request)
    } finally {
      underway -= 1
    }
  }

  return {
    endStreams: streams.end,

    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const call = CALLS.get(request.url)
      if (call === undefined) throw new GatewayError('ERR_RELAY_MISSING')
      if (request.method !== 'POST') throw new GatewayError('ERR_METHOD_NOT_SUPPORTED')
      assertNoBrowser(request, cookie)
      const { service } = await verifier.verify(assertionOf(request))
      assertAnnouncedLength(request, limits.bodyBytes)
      if (call === 'revoke') return sendReply(response, await revokeFor(service, request))
      const answered = await answerCounted(call, service, request)
      if (answered.reply) sendReply(response, answered.reply)
      else streams.open(response, answered.body)
    },
  }
}

/** A page can send neither a request without `Origin` here, nor may it act with a visitor's session. */
function assertNoBrowser({ headers }: IncomingMessage, cookie: SessionCookie): void {
  const hasSession = cookie.read(headers.cookie).value !== undefined
  if (headers.origin !== undefined || hasSession) throw new GatewayError('ERR_ORIGIN_REFUSED')
}

function assertionOf({ headers }: IncomingMessage): string {
  const assertion = headers[ASSERTION_HEADER]
  if (typeof assertion !== 'string') throw new GatewayError('ERR_CALLER_REFUSED')
  return assertion
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new GatewayError('ERR_RELAY_MALFORMED', { cause })
  }
}

const CODES: Readonly<Record<string, GatewayErrorCode>> = {
  ERR_RELAY_MALFORMED: 'ERR_RELAY_MALFORMED',
  ERR_MEMBER_FOREIGN: 'ERR_MEMBER_FOREIGN',
  ERR_ASSERTION_INVALID: 'ERR_CALLER_REFUSED',
  ERR_KEYS_UNAVAILABLE: 'ERR_RELAY_UNAVAILABLE',
}

function toRelayError(cause: unknown): GatewayError {
  if (cause instanceof RedisError) return new GatewayError('ERR_RELAY_UNAVAILABLE', { cause })
  if (!(cause instanceof ContextError || cause instanceof RevocationError)) {
    return toGatewayError(cause)
  }
  return new GatewayError(CODES[cause.code] ?? 'ERR_RELAY_UNAVAILABLE', { cause })
}

const JSON_HEADERS = ['content-type', 'application/json', 'cache-control', 'no-store']

function success(answer: unknown): Reply {
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(answer) }
}

function failure({ code, message, kind, retryAfterSeconds }: GatewayError): Reply {
  const retry = retryAfterSeconds === undefined ? [] : ['retry-after', String(retryAfterSeconds)]
  const body = JSON.stringify({ error: { code, message } })
  return { status: kind.status, headers: [...JSON_HEADERS, ...retry], body }
}
