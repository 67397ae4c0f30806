import type { Readable } from 'node:stream'
import type { Authenticator } from '../authenticator.ts'
import type { GatewayError } from '../errors.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Call } from '../request/call.ts'
import { assertAnnouncedLength, isAtMost, readBody, streamBody } from '../request/request-body.ts'
import { buildTarget } from '../request/target.ts'
import type { Envelope } from '../respond/envelope.ts'
import { Exchange, type ExchangePlan } from './exchange.ts'
import { createFramesOf } from './frames/frames-of.ts'
import type { OpenStreams } from './open-streams.ts'
import type { OutboundHeaders } from './outbound-headers.ts'
import { createProver } from './proof.ts'
import { assertWithinLimits } from './request-limits.ts'
import { ResponsePipe } from './response-pipe.ts'
import type { Service } from './services.ts'
import { ownerOf } from './stream-caps.ts'
import { StreamPipe, type StreamPipeOptions } from './stream-pipe.ts'

export interface ForwarderOptions {
  readonly authenticator: Authenticator
  readonly cookie: SessionCookie | undefined
  readonly limits: GatewayLimits
  readonly outboundHeaders: OutboundHeaders
  readonly openStreams: OpenStreams
  readonly envelope: Envelope
  fail(call: Call, error: unknown): void
}

/** Passes a whole request to one service and its answer back, payloads unread. */
export type Forwarder = (call: Call, service: Service) => void

export function createForwarder(options: ForwarderOptions): Forwarder {
  const { limits, fail } = options
  return (call, service) => {
    assertWithinLimits(call.request, call.target, service.requestLimits)
    if (call.method === 'GET') {
      pipe(options, call, service, null)
      return
    }
    assertAnnouncedLength(call.request, service.bodyLimitBytes)
    if (!isAtMost(call.request, limits.heldBodyBytes)) {
      pipe(options, call, service, streamBody(call.request, service.bodyLimitBytes))
      return
    }
    readBody(call.request, service.bodyLimitBytes)
      .then((body) => pipe(options, call, service, body))
      .catch((error) => fail(call, error))
  }
}

function pipe(
  options: ForwarderOptions,
  call: Call,
  service: Service,
  body: Buffer | Readable | null,
): void {
  const sink = call.form === 'json' ? answerPipe(options, call) : streamPipe(options, call)
  sink.run(new Exchange(planOf(options, call, service, body), sink))
}

function answerPipe({ cookie, fail }: ForwarderOptions, call: Call): ResponsePipe {
  const { response } = call
  return new ResponsePipe({ response, cookie, fail: (error) => fail(call, error) })
}

/** @param overrides For an answer that is not one service's alone. */
export function streamPipe(
  options: ForwarderOptions,
  call: Call,
  overrides?: Pick<StreamPipeOptions, 'cookie' | 'framesOf'>,
): StreamPipe {
  const { authenticator, cookie, openStreams, limits, envelope } = options
  const { response, form } = call
  return new StreamPipe({
    response,
    owner: ownerOf(call),
    cookie,
    openStreams,
    isSubscription: form === 'sse',
    framesOf: createFramesOf(call, envelope, limits),
    pauseMs: limits.streamPauseMs,
    reauthenticate: async () => authenticator.authenticate(call.cookie.value ?? ''),
    catchUp: () => authenticator.catchUp(),
    fail: (error: GatewayError) => options.fail(call, error),
    ...overrides,
  })
}

const KEEP_BODY = { keepBody: true, keepEncoding: true }
const NO_BODY = { keepBody: false, keepEncoding: true }

function planOf(
  { authenticator, outboundHeaders }: ForwarderOptions,
  call: Call,
  service: Service,
  body: Buffer | Readable | null,
): ExchangePlan {
  const prove = createProver(authenticator, call.cookie.value)
  const record = call.response.record?.part(service.name)
  const headers = body === null ? NO_BODY : KEEP_BODY
  return {
    lane: call.form === 'json' ? service.pool : service.streams,
    method: call.method,
    path: service.basePath + buildTarget(call.target),
    body,
    isRepeatable: body === null || Buffer.isBuffer(body),
    prove: (notBefore) => prove(service.name, notBefore),
    record,
    headers: (proof) => outboundHeaders(call, service, proof, headers, record?.trace),
    catchUp: (position) => authenticator.catchUp(position),
  }
}
