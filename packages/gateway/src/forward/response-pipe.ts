import type { ServerResponse } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import { isEventStream } from '../respond/response-form.ts'
import type { Exchange, ExchangeSink } from './exchange.ts'
import type { Proof } from './proof.ts'
import { type ResponseHeaders, returnedHeaders } from './response-headers.ts'

export interface ResponsePipeOptions {
  readonly response: ServerResponse
  /** Undefined: there are no sessions, and a service may set any cookie. */
  readonly cookie: SessionCookie | undefined
  /** Answers instead of the service; nothing has been written yet. */
  fail(error: GatewayError): void
}

/** A service's answer that has an end of its own, byte by byte, as fast as the client reads. */
export class ResponsePipe implements ExchangeSink {
  readonly #options: ResponsePipeOptions
  #exchange: Exchange | undefined

  constructor(options: ResponsePipeOptions) {
    this.#options = options
  }

  /** Starts the exchange and ends it when the client leaves. */
  run(exchange: Exchange): void {
    this.#exchange = exchange
    const { response } = this.#options
    // Its `close` has been emitted already, and nobody would ever end the exchange.
    if (response.destroyed) return
    response.on('close', () => exchange.abort())
    exchange.start()
  }

  onHead(status: number, headers: ResponseHeaders, proof: Proof): void {
    const { response, cookie } = this.#options
    if (isEventStream(String(headers['content-type'] ?? ''))) {
      this.#refuseStream()
      return
    }
    const returned = returnedHeaders(headers, cookie?.name)
    if (proof.isEnded && cookie) returned.push('set-cookie', cookie.clear())
    response.writeHead(status, returned)
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
    const { response, fail } = this.#options
    if (!response.headersSent) fail(error)
    // A reader must not take a part for the whole.
    else response.destroy()
  }

  /** It would hold one of the connections that queries share. */
  #refuseStream(): void {
    this.#exchange?.abort()
    this.#options.fail(new GatewayError('ERR_STREAM_NOT_REQUESTED'))
  }
}
