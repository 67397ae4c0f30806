import type { IncomingMessage } from 'node:http'
import type { GatewayError } from '../errors.ts'
import type { Proof } from '../forward/proof.ts'
import type { Call } from '../request/call.ts'
import type { Target } from '../request/target.ts'
import type { EdgeResponse } from '../server/edge-response.ts'
import type { TraceContext } from '../trace/trace-context.ts'
import { EventCounter } from './event-counter.ts'
import type { RequestObserver } from './observer.ts'

/** What becomes of one request. The data path tells it, those who observe read it; nobody decides by it. */
export class RequestRecord {
  readonly request: IncomingMessage
  readonly response: EdgeResponse
  /** Monotonic, milliseconds. */
  readonly startedAt: number
  /** What it asks for, as far as that could be read. */
  target: Target | undefined
  call: Call | undefined
  /** Who it is for, once somebody had to know. */
  proof: Proof | undefined
  /** Why it failed as a whole, or its stream ended early. */
  error: GatewayError | undefined
  /** One for each service that takes part in the answer, the gateway itself among them. */
  readonly parts: PartRecord[] = []
  #events: EventCounter | undefined
  readonly #observers: readonly RequestObserver[]

  constructor(
    request: IncomingMessage,
    response: EdgeResponse,
    startedAt: number,
    observers: readonly RequestObserver[],
  ) {
    this.request = request
    this.response = response
    this.startedAt = startedAt
    this.#observers = observers
  }

  /** Goes on with it, as those who observe it wish. */
  run(next: () => void): void {
    const surrounded = this.#observers.reduce((rest, observer) => {
      return observer.around ? () => observer.around?.(this, rest) : rest
    }, next)
    surrounded()
  }

  asks(target: Target): void {
    this.target = target
  }

  calls(call: Call): void {
    this.call = call
    if (call.form === 'sse') this.#events = new EventCounter()
  }

  /** Server-sent events that went out, pings among them. */
  get events(): number {
    return this.#events?.total ?? 0
  }

  /** What is asked of `service` begins. */
  part(service: string): PartRecord {
    const part = new PartRecord(service, this, this.#observers)
    this.parts.push(part)
    for (const observer of this.#observers) observer.onPart?.(this, part)
    return part
  }

  /** It did not come to an answer of `service`. */
  partFailed(service: string, error: GatewayError): void {
    const known = this.parts.find((part) => part.service === service)
    const part = known ?? this.part(service)
    part.ended(error)
  }

  /** Bytes of a stream go out. */
  passed(bytes: Uint8Array): void {
    this.#events?.count(bytes)
  }

  /** A stream has begun to be answered. */
  opened(): void {
    for (const observer of this.#observers) observer.onOpen?.(this)
  }

  failed(error: GatewayError): void {
    this.error ??= error
  }

  /** Nothing more is written, or can be. */
  ended(): void {
    for (const part of this.parts) part.ended()
    for (const observer of this.#observers) observer.onEnd?.(this)
  }
}

/** What becomes of that part of a request which one service answers. */
export class PartRecord {
  readonly service: string
  /** HTTP status of its answer. */
  status: number | undefined
  error: GatewayError | undefined
  /** Where it stands in a trace, for the service to continue; undefined: where the request stands. */
  trace: TraceContext | undefined
  /** How often it was sent: once, or once more. */
  sends = 0
  /** What single calls of it were refused with, where that is known. */
  readonly refusals = new Map<string, GatewayError>()
  readonly #request: RequestRecord
  readonly #observers: readonly RequestObserver[]
  #hasEnded = false

  constructor(service: string, request: RequestRecord, observers: readonly RequestObserver[]) {
    this.service = service
    this.#request = request
    this.#observers = observers
  }

  sent(proof: Proof): void {
    this.sends += 1
    this.#request.proof ??= proof
  }

  answered(status: number): void {
    this.status = status
  }

  /** The first word counts: what follows on it is not another end. */
  ended(error?: GatewayError): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.error = error
    for (const observer of this.#observers) observer.onPartEnd?.(this.#request, this)
  }
}
