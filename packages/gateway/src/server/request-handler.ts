import type { IncomingMessage } from 'node:http'
import type { Logger } from '@portcullis/runtime'
import type { Authenticator } from '../authenticator.ts'
import type { BatchAnswerer } from '../batch/answer-batch.ts'
import { GatewayError, toGatewayError } from '../errors.ts'
import type { Forwarder } from '../forward/forward.ts'
import type { CrossOrigin } from '../guard/cross-origin.ts'
import type { RateLimits } from '../guard/rate-limits/rate-limits.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Recorder } from '../observe/observer.ts'
import type { OwnAnswerer } from '../procedures/answer-own.ts'
import type { SubscriptionAnswerer } from '../procedures/answer-subscription.ts'
import type { OwnProcedures } from '../procedures/own-procedures.ts'
import { readAtLeast } from '../request/at-least.ts'
import type { Call, CallReader } from '../request/call.ts'
import { parseTarget, type Target, type TargetForm } from '../request/target.ts'
import { type Replies, sendReply } from '../respond/reply.ts'
import { responseForm } from '../respond/response-form.ts'
import type { Routing } from '../routing.ts'
import { whenReady } from '../when-ready.ts'
import type { EdgeListener, EdgeResponse } from './edge-response.ts'
import type { PublicEndpoints } from './public-endpoints.ts'

export interface RequestHandlerOptions {
  readonly limits: GatewayLimits
  readonly crossOrigin: CrossOrigin
  readonly targetForm: TargetForm
  readonly publicEndpoints: PublicEndpoints
  readonly readCall: CallReader
  /** Undefined if nobody looks on. */
  readonly recorder: Recorder | undefined
  readonly rateLimits: RateLimits
  readonly authenticator: Pick<Authenticator, 'catchUp'>
  readonly routing: Routing
  readonly forward: Forwarder
  readonly answerBatch: BatchAnswerer
  readonly answerStreamedBatch: BatchAnswerer
  readonly own: OwnProcedures
  readonly answerOwn: OwnAnswerer
  readonly answerSubscription: SubscriptionAnswerer
  readonly fail: FailureReporter
}

/** What every request goes through: read, guard, route. Each step either goes on or answers. */
export function createRequestHandler(options: RequestHandlerOptions): EdgeListener {
  const { limits, targetForm, crossOrigin, publicEndpoints, readCall, recorder, fail } = options

  const answer: EdgeListener = (request, response) => {
    let target: Target | undefined
    try {
      target = parseTarget(request.url ?? '', limits, targetForm)
      response.record?.asks(target)
      if (request.method === 'HEAD') response.writeHead(204).end()
      else admit(options, recorded(readCall(request, response, target)))
    } catch (error) {
      fail({ request, response, target }, error)
    }
  }

  /** Whether it was no call of a procedure, and has its answer. */
  function isAnsweredAtOnce(request: IncomingMessage, response: EdgeResponse): boolean {
    try {
      const reply = publicEndpoints(request) ?? crossOrigin.preflight(request)
      if (reply !== undefined) sendReply(response, reply)
      return reply !== undefined
    } catch (error) {
      fail({ request, response, target: undefined }, error)
      return true
    }
  }

  return (request, response) => {
    if (isAnsweredAtOnce(request, response)) return
    response.record = recorder?.(request, response)
    if (response.record === undefined) answer(request, response)
    else response.record.run(() => answer(request, response))
  }
}

function recorded(call: Call): Call {
  call.response.record?.calls(call)
  return call
}

/** What is beyond a limit costs no service anything. */
function admit(options: RequestHandlerOptions, call: Call): void {
  const { address, response, target, cookie } = call
  const calls = { paths: target.paths, address, token: cookie.value, headers: response.added }
  const admitted = options.rateLimits.admit(calls)
  whenReady(
    admitted,
    () => enter(options, call),
    (error) => options.fail(call, error),
  )
}

/** A request may have to be decided at or after a place in the log that this gateway has yet to read. */
function enter(options: RequestHandlerOptions, call: Call): void {
  const atLeast = readAtLeast(call.request.headers)
  if (atLeast === undefined) {
    route(options, call)
    return
  }
  whenReady(
    options.authenticator.catchUp(atLeast),
    () => route(options, call),
    (error) => options.fail(call, error),
  )
}

function route(options: RequestHandlerOptions, call: Call): void {
  const { routing, forward, fail } = options
  const destination = routing.single(call.target)
  if (destination?.kind === 'service') {
    forward(call, destination.service)
    return
  }
  if (destination?.kind === 'unknown') throw new GatewayError('ERR_SERVICE_UNKNOWN')
  if (call.bodyKind !== 'none' && call.bodyKind !== 'json') {
    throw new GatewayError('ERR_CONTENT_TYPE_UNSUPPORTED')
  }
  const answering =
    destination === undefined ? answerBatch(options, call) : answerOwn(options, call)
  answering.catch((error) => fail(call, error))
}

function answerBatch(options: RequestHandlerOptions, call: Call): Promise<void> {
  return call.form === 'jsonl' ? options.answerStreamedBatch(call) : options.answerBatch(call)
}

function answerOwn(options: RequestHandlerOptions, call: Call): Promise<void> {
  const { target, form, method } = call
  const [path = ''] = target.paths
  const isStream = form === 'sse' && method === 'GET' && !target.isBatch
  if (isStream && options.own.isSubscription(path)) return options.answerSubscription(call)
  return options.answerOwn(call)
}

/** A request that failed as a whole; without a target if not even that could be read. */
interface FailedRequest {
  readonly request: IncomingMessage
  readonly response: EdgeResponse
  readonly target: Target | undefined
}

export type FailureReporter = (failed: FailedRequest, error: unknown) => void

/** Answers a failure in the form asked for, if it can still be answered, and logs it if it is not the client's. */
export function createFailureReporter(replies: Replies, logger: Logger): FailureReporter {
  return ({ request, response, target }, cause) => {
    const error = toGatewayError(cause)
    response.record?.failed(error)
    const requestId = response.arrival.id
    logFailure(logger, error, target, requestId)
    if (response.destroyed) return
    if (response.headersSent) {
      response.destroy()
      return
    }
    const form = responseForm(request.headers)
    const shape = { paths: target?.paths, isBatch: target?.isBatch ?? false, form, requestId }
    sendReply(response, replies.failure(error, shape))
  }
}

function logFailure(
  logger: Logger,
  error: GatewayError,
  target: Target | undefined,
  requestId: string,
): void {
  if (error.kind.status < 500) return
  const level = error.code === 'ERR_INTERNAL' ? 'error' : 'warn'
  const paths = target?.paths
  logger[level]({ requestId, code: error.code, paths, err: error.cause }, error.message)
}
