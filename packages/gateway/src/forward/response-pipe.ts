import type { ServerResponse } from 'node:http'
import type { Authentication } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import { isEventStream, type ResponseForm } from '../respond/response-form.ts'
import type { Exchange, ExchangeSink } from './exchange.ts'
import type { OpenStream, OpenStreams } from './open-streams.ts'
import type { Proof } from './proof.ts'
import { type ResponseHeaders, returnedHeaders } from './response-headers.ts'

export interface ResponsePipeOptions {
  readonly response: ServerResponse
  readonly form: ResponseForm
  readonly cookie: SessionCookie
  /** Where it can be found while it is open, to be closed with its session or with the gateway. */
  readonly openStreams: OpenStreams
  /** Answers instead of the service; nothing has been written yet. */
  fail(error: GatewayError): void
}

/** A service's answer to the client, byte by byte, as fast as the client reads. */
export class ResponsePipe implements ExchangeSink, OpenStream {
  readonly #options: ResponsePipeOptions
  #exchange: Exchange | undefined
  #authentication: Authentication | undefined

  constructor(options: ResponsePipeOptions) {
    this.#options = options
  }

  /** Starts the exchange and ends it when the client leaves. */
  run(exchange: Exchange): void {
    this.#exchange = exchange
    const { response, form } = this.#options
    // Its `close` has been emitted already, and nobody would ever end the exchange.
    if (response.destroyed) return
    response.on('close', () => exchange.abort())
    if (form === 'sse') this.#register()
    exchange.start()
  }

  /** Whether it goes to somebody about whom something else has been said since. Synchronous. */
  isStale(): boolean {
    return this.#authentication?.isCurrent() === false
  }

  /** Ends the answer here, as if the service had. */
  close(): void {
    this.#exchange?.abort()
    this.#options.response.end()
  }

  onHead(status: number, headers: ResponseHeaders, proof: Proof): void {
    const { response, form, cookie } = this.#options
    if (form !== 'sse' && isEventStream(String(headers['content-type'] ?? ''))) {
      this.#refuseStream()
      return
    }
    this.#authentication = proof.authentication
    const returned = returnedHeaders(headers, cookie.name)
    if (proof.isEnded) returned.push('set-cookie', cookie.clear())
    response.writeHead(status, returned)
    if (form !== 'json') response.flushHeaders()
  }

  onChunk(chunk: Buffer): boolean {
    const { response } = this.#options
    if (response.write(chunk)) return true
    response.once('drain', () => this.#exchange?.resume())
    return false
  }

  onEnd(): void {
    this.#options.response.end()
  }

  onError(error: GatewayError): void {
    const { response, form, fail } = this.#options
    if (!response.headersSent) fail(error)
    // An EventSource takes an end for a reason to come back; any other reader must not take a part for the whole.
    else if (form === 'sse' && response.chunkedEncoding) response.end()
    else response.destroy()
  }

  #register(): void {
    const { response, openStreams } = this.#options
    openStreams.add(this)
    response.on('close', () => openStreams.remove(this))
  }

  /** It would hold one of the connections that queries share. */
  #refuseStream(): void {
    this.#exchange?.abort()
    this.#options.fail(new GatewayError('ERR_STREAM_NOT_REQUESTED'))
  }
}
