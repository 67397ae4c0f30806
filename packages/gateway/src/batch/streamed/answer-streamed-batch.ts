import { GatewayError, toGatewayError } from '../../errors.ts'
import { type ForwarderOptions, streamPipe } from '../../forward/forward.ts'
import { createLineFrames } from '../../forward/frames/line-frames.ts'
import type { StreamedCall } from '../../forward/frames/open-values.ts'
import { createProver, type Prove } from '../../forward/proof.ts'
import type { StreamPipe } from '../../forward/stream-pipe.ts'
import type { Call } from '../../request/call.ts'
import { errorShape } from '../../respond/error-shape.ts'
import { headLine, resultLine } from '../../respond/streamed-lines.ts'
import type { Destination } from '../../routing.ts'
import { type BatchAnswerer, type BatchAnswererOptions, forgetting } from '../answer-batch.ts'
import { readInputs } from '../inputs.ts'
import { ownPartHead } from '../merged-headers.ts'
import { type Part, partsOf } from '../part.ts'
import { planPart } from '../part-exchange.ts'
import { PartReader } from './part-reader.ts'
import { PartStream } from './part-stream.ts'
import { type OwnLines, StreamedBatch } from './streamed-batch.ts'

export interface StreamedBatchAnswererOptions extends BatchAnswererOptions, ForwarderOptions {}

/** For a streamed batch. */
export function createStreamedBatchAnswerer(options: StreamedBatchAnswererOptions): BatchAnswerer {
  const { envelope, limits, routing } = options
  return async (call) => {
    const inputs = await readInputs(call, limits.bodyBytes)
    const parts = partsOf(call.target, inputs, routing, call.method === 'GET')
    const numbered = parts.map((part, place) => numberPart(part, place, parts.length))
    const calls = inCallOrder(numbered)
    const frames = () =>
      createLineFrames({ envelope, calls, requestId: call.id, maxOpen: limits.streamOpenValues })
    const pipe = streamPipe(options, call, { cookie: undefined, framesOf: frames })
    pipe.run(createBatch(options, call, numbered, calls, pipe))
  }
}

function createBatch(
  options: StreamedBatchAnswererOptions,
  call: Call,
  parts: readonly NumberedPart[],
  calls: readonly StreamedCall[],
  pipe: StreamPipe,
): StreamedBatch {
  const { authenticator, envelope, limits } = options
  const prove = createProver(authenticator, call.cookie.value)
  const services = parts.filter(({ destination }) => destination.kind === 'service')
  const others = parts.filter(({ destination }) => destination.kind !== 'service')
  const head = headLine(
    calls.map(({ id }) => id),
    envelope,
  )
  return new StreamedBatch(
    {
      headLine: head,
      own: (signal) => Promise.all(others.map((part) => answerHere(options, call, part, signal))),
      start: (batch) => services.map((part) => startPart(options, call, part, prove, batch)),
      failServices: (error) => services.map((part) => failure(options, call, part, error)).join(''),
      forget: (cookies) => forgetting(options.cookie, cookies),
      reauthenticate: async () => authenticator.authenticate(call.cookie.value ?? ''),
      headWaitMs: limits.batchHeadWaitMs,
    },
    pipe,
  )
}

function startPart(
  options: StreamedBatchAnswererOptions,
  call: Call,
  part: NumberedPart,
  prove: Prove,
  batch: StreamedBatch,
): PartStream {
  const { cookie, envelope, limits, onPartError } = options
  const { destination, newId, target } = part
  const stream = new PartStream({
    reader: new PartReader({ paths: target.paths, newId, envelope, limits }),
    cookieName: cookie?.name,
    errorShape: (error, path) => errorShape(error, path, call.id),
    onLines: (lines) => batch.put(lines),
    onChange: () => batch.advance(),
    onFailure: (error) => {
      call.response.record?.partFailed(nameOf(destination), error)
      onPartError(error, nameOf(destination), call)
    },
  })
  stream.start((onProof) => {
    if (destination.kind !== 'service') throw new GatewayError('ERR_SERVICE_UNKNOWN')
    return planPart(options, { call, part, service: destination.service, prove, onProof })
  })
  return stream
}

function nameOf(destination: Destination): string {
  return destination.kind === 'service' ? destination.service.name : destination.kind
}

/** Never rejects: what fails, fails the calls of this part and no other. */
async function answerHere(
  options: StreamedBatchAnswererOptions,
  call: Call,
  part: NumberedPart,
  signal: AbortSignal,
): Promise<OwnLines> {
  const { own, envelope } = options
  const { destination, target, input, calls } = part
  try {
    if (destination.kind !== 'own') throw new GatewayError('ERR_SERVICE_UNKNOWN')
    const body = call.method === 'POST' ? input : undefined
    const answer = await own.answer({ call, target, body, signal })
    const lines = calls.map(({ id }, index) => resultLine(id, answer.results[index], envelope))
    const head = ownPartHead(answer.status, answer.cookies, answer.retryAfterSeconds)
    return { head, lines: lines.join(''), isEnded: answer.isEnded }
  } catch (cause) {
    const error = toGatewayError(cause)
    const head = ownPartHead(error.kind.status, [], error.retryAfterSeconds)
    return { head, lines: failure(options, call, part, error), isEnded: false }
  }
}

function failure(
  { envelope }: StreamedBatchAnswererOptions,
  call: Call,
  { calls }: NumberedPart,
  error: GatewayError,
): string {
  const lines = calls.map(({ id, path }) =>
    resultLine(id, { error: errorShape(error, path, call.id) }, envelope),
  )
  return lines.join('')
}

/** A part whose ids are told apart from those of the others: each id of it becomes one of the whole batch. */
interface NumberedPart extends Part {
  readonly calls: readonly StreamedCall[]
  newId(id: number): number
}

function numberPart(part: Part, place: number, count: number): NumberedPart {
  const newId = (id: number) => id * count + place
  const calls = part.target.paths.map((path, index) => ({ id: newId(index), path }))
  return { ...part, calls, newId }
}

function inCallOrder(parts: readonly NumberedPart[]): StreamedCall[] {
  const calls: StreamedCall[] = []
  for (const { positions, calls: own } of parts) {
    positions.forEach((position, index) => {
      calls[position] = own[index] as StreamedCall
    })
  }
  return calls
}
