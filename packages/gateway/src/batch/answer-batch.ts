import { GatewayError, toGatewayError } from '../errors.ts'
import { Exchange } from '../forward/exchange.ts'
import { createProver } from '../forward/proof.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { OwnProcedures } from '../procedures/own-procedures.ts'
import type { Call } from '../request/call.ts'
import { errorShape } from '../respond/error-shape.ts'
import { type Replies, sendReply } from '../respond/reply.ts'
import type { Routing } from '../routing.ts'
import { goneSignal } from '../server/gone-signal.ts'
import { readInputs } from './inputs.ts'
import { mergeAnswers } from './merge.ts'
import { ownPartHead, readPartHead } from './merged-headers.ts'
import { type Part, partsOf } from './part.ts'
import { type PartAnswer, readElements } from './part-answer.ts'
import { PartCollector } from './part-collector.ts'
import { type PartExchangeOptions, type PartRequest, planPart } from './part-exchange.ts'

export interface BatchAnswererOptions extends PartExchangeOptions {
  readonly replies: Replies
  readonly routing: Routing
  readonly own: OwnProcedures
  /** Learns of what a part failed with; the answer is made here. */
  onPartError(error: GatewayError, service: string, call: Call): void
}

/** Answers a batch whose calls belong to several destinations. */
export type BatchAnswerer = (call: Call) => Promise<void>

/** For a plain JSON batch. */
export function createBatchAnswerer(options: BatchAnswererOptions): BatchAnswerer {
  const { authenticator, cookie, routing } = options
  return async (call) => {
    const inputs = await readInputs(call, options.limits.bodyBytes)
    const parts = partsOf(call.target, inputs, routing, call.method === 'GET')
    const signal = goneSignal(call.response)
    if (signal.aborted) return
    const prove = createProver(authenticator, call.cookie.value)
    const answered = await Promise.all(
      parts.map(async (part) => ({
        part,
        answer: await answerPart(options, { call, part, prove }, signal),
      })),
    )
    if (signal.aborted) return
    const reply = mergeAnswers(answered, call.target.paths.length)
    const isEnded = answered.some(({ answer }) => answer.isEnded)
    const cleared = isEnded ? forgetting(cookie, reply.headers) : undefined
    sendReply(call.response, reply, cleared === undefined ? [] : ['set-cookie', cleared])
  }
}

/** Never rejects: what fails, fails the calls of this part and no other. */
async function answerPart(
  options: BatchAnswererOptions,
  request: Omit<PartRequest, 'service'>,
  signal: AbortSignal,
): Promise<PartAnswer> {
  const { call, part } = request
  const { destination } = part
  try {
    if (destination.kind === 'unknown') throw new GatewayError('ERR_SERVICE_UNKNOWN')
    if (destination.kind === 'own') return await answerOwn(options, call, part, signal)
    return await exchangePart(options, { ...request, service: destination.service }, signal)
  } catch (cause) {
    const error = toGatewayError(cause)
    if (destination.kind === 'service') {
      call.response.record?.partFailed(destination.service.name, error)
      options.onPartError(error, destination.service.name, call)
    }
    return failedPart(error, call, part, options.replies)
  }
}

/**
 * Sends a service its part of a batch and reads the whole answer.
 *
 * @throws {GatewayError} for whatever keeps the part from being answered.
 */
async function exchangePart(
  options: BatchAnswererOptions,
  request: PartRequest,
  signal: AbortSignal,
): Promise<PartAnswer> {
  const collector = new PartCollector(options.limits.batchResponseBytes)
  const exchange = new Exchange(planPart(options, request), collector)
  signal.addEventListener('abort', () => exchange.abort())
  exchange.start()
  const { status, headers, proof, body } = await collector.answer
  return {
    head: readPartHead(status, headers, options.cookie?.name),
    elements: readElements(body, headers, request.part.positions.length),
    isEnded: proof.isEnded,
  }
}

async function answerOwn(
  { own, replies }: BatchAnswererOptions,
  call: Call,
  part: Part,
  signal: AbortSignal,
): Promise<PartAnswer> {
  const { target, input } = part
  const body = call.method === 'POST' ? input : undefined
  const answer = await own.answer({ call, target, body, signal })
  return {
    head: ownPartHead(answer.status, answer.cookies, answer.retryAfterSeconds),
    elements: answer.results.map(replies.element),
    isEnded: answer.isEnded,
  }
}

function failedPart(error: GatewayError, call: Call, part: Part, replies: Replies): PartAnswer {
  return {
    head: ownPartHead(error.kind.status, [], error.retryAfterSeconds),
    elements: part.target.paths.map((path) =>
      replies.element({ error: errorShape(error, path, call.id) }),
    ),
    isEnded: false,
  }
}

/** A cookie that has ended is cleared, unless a call of the same batch has just set a new one. */
export function forgetting(
  cookie: SessionCookie | undefined,
  cookies: readonly string[],
): string | undefined {
  if (cookie === undefined) return undefined
  const isSet = cookies.some((set) => set.startsWith(`${cookie.name}=`))
  return isSet ? undefined : cookie.clear()
}
