import type { Authentication } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { EdgeResponse } from '../server/edge-response.ts'
import type { Exchange, ExchangeSink } from './exchange.ts'
import type { Frames } from './frames/frames.ts'
import type { OpenStream, OpenStreams } from './open-streams.ts'
import type { Proof } from './proof.ts'
import { type ResponseHeaders, returnedHeaders } from './response-headers.ts'
import type { StreamOwner } from './stream-caps.ts'
import { StreamGuard } from './stream-guard.ts'

/** Where a stream comes from. */
export type StreamSource = Pick<Exchange, 'start' | 'abort' | 'resume'>

export interface StreamPipeOptions {
  readonly response: EdgeResponse
  readonly owner: StreamOwner
  /** Undefined: there are no sessions, and a service may set any cookie. */
  readonly cookie: SessionCookie | undefined
  /** Where it can be found while it is open. */
  readonly openStreams: OpenStreams
  /** How the stream is taken apart; undefined if it cannot be, or is none after all. */
  framesOf(status: number, headers: ResponseHeaders): Frames | undefined
  /** Whether an end that says nothing makes the client come back, and whether the gateway may close it at any time. */
  readonly isSubscription: boolean
  reauthenticate(): Promise<Authentication | undefined>
  /** Resolves when all that was said so far is applied. */
  catchUp(): Promise<void>
  /** How long it may stand still while nobody knows whether it may go on, in milliseconds. */
  readonly pauseMs: number
  /** Answers instead of the service; nothing has been written yet. */
  fail(error: GatewayError): void
}

/**
 * A service's stream to the client, as fast as the client reads and as long as its session is what it was. Then it ends
 * with an error that says so. While nothing is known of the session, nothing goes out.
 */
export class StreamPipe implements ExchangeSink, OpenStream {
  readonly #options: StreamPipeOptions
  #exchange: StreamSource | undefined
  #guard: StreamGuard | undefined
  #frames: Frames | undefined
  #kept: Buffer[] = []
  #hasEnded = false
  #isDone = false

  constructor(options: StreamPipeOptions) {
    this.#options = options
  }

  get owner() {
    return this.#options.owner
  }

  get session() {
    return this.#guard?.authentication.session
  }

  /**
   * Starts the exchange and ends it when the client leaves.
   *
   * @throws {GatewayError} `ERR_STREAMS_TOO_MANY`, `ERR_STREAMS_EXHAUSTED`; then nothing has started.
   */
  run(exchange: StreamSource): void {
    this.#exchange = exchange
    const { response, openStreams } = this.#options
    // Its `close` has been emitted already, and nobody would ever end the exchange.
    if (response.destroyed) return
    openStreams.add(this)
    response.on('close', () => {
      this.#isDone = true
      exchange.abort()
      openStreams.remove(this)
      this.#guard?.[Symbol.dispose]()
    })
    exchange.start()
  }

  onHead(status: number, headers: ResponseHeaders, proof: Proof): void {
    const { response, cookie, framesOf, isSubscription } = this.#options
    const returned = returnedHeaders(headers, cookie?.name)
    if (proof.isEnded && cookie) returned.push('set-cookie', cookie.clear())
    response.writeHead(status, returned)
    response.flushHeaders()
    if (isSubscription) response.record?.opened()
    if (proof.authentication === undefined && !isSubscription) return
    this.#frames = framesOf(status, headers)
    if (proof.authentication === undefined) return
    this.#guard = new StreamGuard(proof.authentication, this.#options, {
      onVerdictPending: () => this.#stop(),
      onVerdict: (error) => this.#end(error),
    })
  }

  onChunk(chunk: Buffer): boolean {
    if (this.#isDone) return true
    const pieces = this.#frames ? this.#frames.push(chunk) : chunk
    return pieces === undefined || this.#put(pieces)
  }

  onEnd(): void {
    this.#hasEnded = true
    const rest = this.#frames?.rest()
    if (rest) this.#put(rest)
    if (this.#kept.length === 0 && !this.#isDone) this.#options.response.end()
  }

  onError(error: GatewayError): void {
    if (this.#isDone) return
    if (this.#options.response.headersSent) this.#breakOff()
    else this.#options.fail(error)
  }

  check(): void {
    if (!this.#isDone) this.#guard?.check()
  }

  tryResume(): boolean {
    if (this.#isDone) return true
    if (!this.#guard?.mayGoOn()) return false
    const kept = this.#kept
    this.#kept = []
    let isFlowing = true
    for (const pieces of kept) isFlowing = this.#write(pieces)
    if (this.#hasEnded) this.#options.response.end()
    else if (isFlowing) this.#exchange?.resume()
    return true
  }

  close(): void {
    const { response, isSubscription, fail } = this.#options
    if (!isSubscription || this.#isDone) return
    this.#stop()
    if (response.headersSent) response.end(this.#frames?.comeBack())
    else fail(new GatewayError('ERR_SERVICE_UNREACHABLE'))
  }

  #put(pieces: Buffer): boolean {
    const isOpen = this.#kept.length === 0 && (this.#guard?.mayPass(pieces) ?? true)
    if (isOpen) return this.#write(pieces)
    this.#kept.push(pieces)
    this.#options.openStreams.pause(this)
    return false
  }

  #write(pieces: Buffer): boolean {
    this.#frames?.wrote(pieces)
    const { response } = this.#options
    response.record?.passed(pieces)
    if (response.write(pieces)) return true
    response.once('drain', () => {
      if (this.#kept.length === 0) this.#exchange?.resume()
    })
    return false
  }

  /** Nothing more comes in, nothing more goes out but a last word. */
  #stop(): void {
    this.#isDone = true
    this.#kept = []
    this.#exchange?.abort()
  }

  #end(error: GatewayError): void {
    const { response } = this.#options
    if (response.destroyed || response.writableEnded) return
    response.record?.failed(error)
    this.#stop()
    const lastWord = this.#frames?.failure(error)
    if (lastWord === undefined) this.#breakOff()
    else response.end(lastWord)
  }

  /** An EventSource takes an end for a reason to come back; any other reader must not take a part for the whole. */
  #breakOff(): void {
    const { response, isSubscription } = this.#options
    if (isSubscription && response.chunkedEncoding) response.end()
    else response.destroy()
  }
}
