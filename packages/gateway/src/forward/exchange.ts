import type { Readable } from 'node:stream'
import type { Position } from '@portcullis/context'
import type { Dispatcher } from 'undici'
import { GatewayError, toGatewayError } from '../errors.ts'
import type { PartRecord } from '../observe/request-record.ts'
import { whenReady } from '../when-ready.ts'
import type { Proof } from './proof.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { staleSince } from './stale-context.ts'
import { wasNothingSent } from './upstream/connector.ts'
import type { Waiting } from './upstream/gate.ts'
import type { Lane } from './upstream/lane.ts'
import type { Target } from './upstream/target.ts'
import { isDeadConnection, isServersFault, upstreamError } from './upstream-error.ts'

/** One request to one service, and how to make it again. */
export interface ExchangePlan {
  readonly lane: Lane
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: Buffer | Readable | null
  /** Whether `body` can be sent a second time: it is absent or held in memory. */
  readonly isRepeatable: boolean
  /** @param notBefore The proof must be at least as recent as this place in the log. */
  prove(notBefore?: Position): Proof | Promise<Proof>
  headers(proof: Proof): string[]
  /** Learns what becomes of it. */
  readonly record?: PartRecord | undefined
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
 * Sends a request to a service and hands its answer on as it comes. Sends once more in two cases, each at most once, and
 * to another server of the service if there is one: a request that nobody can have seen, for a POST because no
 * connection could be made, for a GET also because the connection died before the first byte; and any request that the
 * service refused unexecuted because its context was stale.
 */
export class Exchange implements Dispatcher.DispatchHandler, Waiting {
  readonly #plan: ExchangePlan
  readonly #sink: ExchangeSink
  #controller: Dispatcher.DispatchController | undefined
  /** Where it is under way. */
  #target: Target | undefined
  #failedAt: Target | undefined
  #hasPlace = false
  #proof: Proof = { isEnded: false }
  #isAborted = false
  #isDone = false
  #hasHead = false
  /** Set while the answer at hand is a refusal for a stale context; its body is of no interest. */
  #isStale = false
  #staleSince: Position | undefined
  #hasRepeated = false
  #hasCaughtUp = false

  constructor(plan: ExchangePlan, sink: ExchangeSink) {
    this.#plan = plan
    this.#sink = sink
  }

  start(): void {
    try {
      whenReady(this.#plan.prove(this.#staleSince), this.#enter, this.#fail)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The client has gone: nothing more reaches the sink, and the service's side is closed. No effect after the end. */
  abort(): void {
    if (this.#isDone) return
    this.#isAborted = true
    this.#leave()
    this.#controller?.abort(ABORTED)
  }

  resume(): void {
    this.#controller?.resume()
  }

  onPlace(): void {
    this.#hasPlace = true
    // It is proven anew: time has passed.
    this.start()
  }

  onRefused(error: GatewayError): void {
    this.#fail(error)
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
    this.#target?.answered(status, headers)
    this.#plan.record?.answered(status)
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
    this.#leave()
    this.#plan.record?.ended()
    this.#sink.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isAborted) return
    if (!this.#hasHead && isServersFault(error)) this.#target?.failed(error)
    if (this.#canRepeat(error)) {
      this.#hasRepeated = true
      this.#failedAt = this.#target
      this.#leaveTarget()
      this.start()
    } else {
      this.#fail(upstreamError(error))
    }
  }

  readonly #enter = (proof: Proof): void => {
    if (this.#isAborted) return
    const { gate } = this.#plan.lane
    if (this.#hasPlace || gate === undefined || gate.enter()) this.#send(proof)
    else gate.wait(this)
  }

  #send(proof: Proof): void {
    const { lane, method, path, body } = this.#plan
    this.#hasPlace = true
    this.#proof = proof
    this.#plan.record?.sent(proof)
    const headers = this.#plan.headers(proof)
    const target = lane.upstream.pick(this.#failedAt)
    this.#target = target
    target.pending++
    lane.dispatcherOf(target).dispatch({ method, path, body, headers }, this)
  }

  readonly #fail = (error: unknown): void => {
    if (this.#isAborted || this.#isDone) return
    this.#isDone = true
    this.#leave()
    const failure = toGatewayError(error)
    this.#plan.record?.ended(failure)
    this.#sink.onError(failure)
  }

  #canRepeat(error: Error): boolean {
    const { lane, method } = this.#plan
    const target = this.#target
    if (this.#hasHead || this.#hasRepeated || target === undefined) return false
    // What refuses connections is not back within a millisecond: only another server is worth it.
    if (wasNothingSent(error)) return lane.upstream.hasOther(target)
    return method === 'GET' && isDeadConnection(error)
  }

  #leaveTarget(): void {
    if (this.#target !== undefined) this.#target.pending--
    this.#target = undefined
  }

  /** Gives up what it holds at the service, or its place in line. */
  #leave(): void {
    this.#leaveTarget()
    const { gate } = this.#plan.lane
    if (!this.#hasPlace) gate?.forget(this)
    else gate?.leave()
    this.#hasPlace = false
  }

  #sendAnew(): void {
    const since = this.#staleSince
    this.#leaveTarget()
    if (this.#isAborted) return
    if (this.#hasCaughtUp || !this.#plan.isRepeatable || since === undefined) {
      this.#fail(new GatewayError('ERR_CONTEXT_STALE'))
      return
    }
    this.#hasCaughtUp = true
    whenReady(this.#plan.catchUp(since), () => this.start(), this.#fail)
  }
}
