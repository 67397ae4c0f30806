import type { Readable } from 'node:stream'
import type { Position } from '@portcullis/context'
import type { Dispatcher } from 'undici'
import { GatewayError, toGatewayError } from '../errors.ts'
import { whenReady } from '../when-ready.ts'
import type { Proof } from './proof.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { staleSince } from './stale-context.ts'
import { isDeadConnection, upstreamError } from './upstream-error.ts'

/** One request to one service, and how to make it again. */
export interface ExchangePlan {
  readonly dispatcher: Dispatcher
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: Buffer | Readable | null
  /** Whether `body` can be sent a second time: it is absent or held in memory. */
  readonly isRepeatable: boolean
  /** @param notBefore The proof must be at least as recent as this place in the log. */
  prove(notBefore?: Position): Proof | Promise<Proof>
  headers(proof: Proof): string[]
  /** Learns of everything said up to a place, when a service turns out to know more than this gateway. */
  catchUp(position: Position): Promise<void>
}

/** Where the answer goes. After `onError` or `onEnd` nothing else is called. */
export interface ExchangeSink {
  onHead(status: number, headers: ResponseHeaders, proof: Proof): void
  /** False pauses the service until {@link Exchange.resume}. */
  onChunk(chunk: Buffer): boolean
  onEnd(): void
  onError(error: GatewayError): void
}

const ABORTED = new GatewayError('ERR_INTERNAL')

/**
 * Sends a request to a service and hands its answer on as it comes. Sends once more in two cases, each at most once: a
 * GET whose connection died before the first byte, and any request that the service refused unexecuted because its
 * context was stale.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #plan: ExchangePlan
  readonly #sink: ExchangeSink
  #controller: Dispatcher.DispatchController | undefined
  #proof: Proof = { isEnded: false }
  #isAborted = false
  #isDone = false
  #hasHead = false
  /** Set while the answer at hand is a refusal for a stale context; its body is of no interest. */
  #isStale = false
  #staleSince: Position | undefined
  #hasReconnected = false
  #hasCaughtUp = false

  constructor(plan: ExchangePlan, sink: ExchangeSink) {
    this.#plan = plan
    this.#sink = sink
  }

  start(): void {
    try {
      whenReady(this.#plan.prove(this.#staleSince), this.#send, this.#fail)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The client has gone: nothing more reaches the sink, and the service's side is closed. No effect after the end. */
  abort(): void {
    if (this.#isDone) return
    this.#isAborted = true
    this.#controller?.abort(ABORTED)
  }

  resume(): void {
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) controller.abort(ABORTED)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    if (status < 200) return
    const since = staleSince(status, headers)
    this.#isStale = since !== undefined
    if (since !== undefined) {
      this.#staleSince = since
      return
    }
    this.#hasHead = true
    this.#sink.onHead(status, headers, this.#proof)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isStale && !this.#sink.onChunk(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#isStale) {
      this.#sendAnew()
      return
    }
    this.#isDone = true
    this.#sink.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isAborted) return
    if (this.#canReconnect(error)) {
      this.#hasReconnected = true
      this.start()
    } else {
      this.#fail(upstreamError(error))
    }
  }

  readonly #send = (proof: Proof): void => {
    if (this.#isAborted) return
    const { dispatcher, method, path, body } = this.#plan
    this.#proof = proof
    dispatcher.dispatch({ method, path, body, headers: this.#plan.headers(proof) }, this)
  }

  readonly #fail = (error: unknown): void => {
    if (this.#isAborted) return
    this.#isDone = true
    this.#sink.onError(toGatewayError(error))
  }

  #canReconnect(error: Error): boolean {
    const { method } = this.#plan
    return method === 'GET' && !this.#hasHead && !this.#hasReconnected && isDeadConnection(error)
  }

  #sendAnew(): void {
    const since = this.#staleSince
    if (this.#isAborted) return
    if (this.#hasCaughtUp || !this.#plan.isRepeatable || since === undefined) {
      this.#fail(new GatewayError('ERR_CONTEXT_STALE'))
      return
    }
    this.#hasCaughtUp = true
    whenReady(this.#plan.catchUp(since), () => this.start(), this.#fail)
  }
}
