import { GatewayError, toGatewayError } from '../errors.ts'
import { createProver, type Prove } from '../forward/proof.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { OwnProcedures } from '../procedures/own-procedures.ts'
import type { Call } from '../request/call.ts'
import { readBody } from '../request/request-body.ts'
import { errorShape } from '../respond/error-shape.ts'
import { type Replies, sendReply } from '../respond/reply.ts'
import type { Routing } from '../routing.ts'
import { goneSignal } from '../server/gone-signal.ts'
import { exchangePart, type PartExchangeOptions } from './exchange-part.ts'
import { objectPieces } from './json-pieces.ts'
import { mergeAnswers } from './merge.ts'
import { type Part, partsOf } from './part.ts'
import type { PartAnswer } from './part-answer.ts'

export interface BatchAnswererOptions extends PartExchangeOptions {
  readonly replies: Replies
  readonly routing: Routing
  readonly own: OwnProcedures
  /** Learns of what a part failed with; the answer is made here. */
  onPartError(error: GatewayError, service: string, call: Call): void
}

/** Answers a plain JSON batch whose calls belong to several destinations. */
export type BatchAnswerer = (call: Call) => Promise<void>

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
        answer: await answerPart(options, call, part, prove, signal),
      })),
    )
    if (signal.aborted) return
    const reply = mergeAnswers(answered, call.target.paths.length)
    sendReply(call.response, reply, forgetting(cookie, reply.headers, answered))
  }
}

/**
 * Inputs by position, as text.
 *
 * @throws {GatewayError} `ERR_BODY_TOO_LARGE`, `ERR_BODY_INVALID`.
 */
async function readInputs(call: Call, limitBytes: number): Promise<Map<string, string>> {
  const text =
    call.method === 'GET'
      ? decodeParameter(call.target.input ?? '')
      : (await readBody(call.request, limitBytes)).toString('utf8')
  const inputs = text === '' ? new Map<string, string>() : objectPieces(text)
  if (inputs === undefined) throw new GatewayError('ERR_BODY_INVALID')
  return inputs
}

function decodeParameter(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch (cause) {
    throw new GatewayError('ERR_BODY_INVALID', { cause })
  }
}

/** Never rejects: what fails, fails the calls of this part and no other. */
async function answerPart(
  options: BatchAnswererOptions,
  call: Call,
  part: Part,
  prove: Prove,
  signal: AbortSignal,
): Promise<PartAnswer> {
  const { destination } = part
  try {
    if (destination.kind === 'unknown') throw new GatewayError('ERR_SERVICE_UNKNOWN')
    if (destination.kind === 'own') return await answerOwn(options, call, part, signal)
    return await exchangePart(options, call, part, destination.service, prove, signal)
  } catch (cause) {
    const error = toGatewayError(cause)
    if (destination.kind === 'service') {
      call.response.record?.partFailed(destination.service.name, error)
      options.onPartError(error, destination.service.name, call)
    }
    return failedPart(error, part, options.replies, call.id)
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
  const elements = answer.results.map(replies.element)
  return { ...answer, elements, vary: undefined, cacheControl: 'no-store' }
}

function failedPart(
  error: GatewayError,
  part: Part,
  replies: Replies,
  requestId: string,
): PartAnswer {
  return {
    status: error.kind.status,
    elements: part.target.paths.map((path) =>
      replies.element({ error: errorShape(error, path, requestId) }),
    ),
    cookies: [],
    vary: undefined,
    cacheControl: 'no-store',
    retryAfterSeconds: error.retryAfterSeconds,
    isEnded: false,
  }
}

/** A cookie that has ended is cleared, unless a call of the same batch has just set a new one. */
function forgetting(
  cookie: SessionCookie | undefined,
  headers: readonly string[],
  answered: readonly { answer: PartAnswer }[],
): string[] {
  if (cookie === undefined) return []
  const isEnded = answered.some(({ answer }) => answer.isEnded)
  const isSet = headers.some((header) => header.startsWith(`${cookie.name}=`))
  return isEnded && !isSet ? ['set-cookie', cookie.clear()] : []
}
