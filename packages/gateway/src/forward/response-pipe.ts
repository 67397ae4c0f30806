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

/** A larger answer is not copied to be sent together with its head. */
const MAX_JOINED_BYTES = 16_384

/**
 * A service's answer that has an end of its own, byte by byte, as fast as the client reads. Its first bytes are held until
 * the end of the step in which they came: most answers are whole by then, and go out with their length and in one piece.
 */
export class ResponsePipe implements ExchangeSink {
  readonly #options: ResponsePipeOptions
  #exchange: Exchange | undefined
  /** Of the head, until it is written. */
  #status = 0
  #headers: string[] | undefined
  #hasLength = false
  #held: Buffer | undefined

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
    const { cookie } = this.#options
    if (isEventStream(String(headers['content-type'] ?? ''))) {
      this.#refuseStream()
      return
    }
    const returned = returnedHeaders(headers, cookie?.name)
    if (proof.isEnded && cookie) returned.push('set-cookie', cookie.clear())
    this.#status = status
    this.#headers = returned
    this.#hasLength = headers['content-length'] !== undefined
  }

  onChunk(chunk: Buffer): boolean {
    if (this.#headers !== undefined && this.#held === undefined) {
      this.#held = chunk
      process.nextTick(this.#release)
      return true
    }
    this.#release()
    return this.#write(chunk)
  }

  onEnd(): void {
    const { response } = this.#options
    const whole = this.#held
    this.#held = undefined
    if (whole === undefined) {
      this.#writeHead()
      response.end()
      return
    }
    if (!this.#hasLength) this.#headers?.push('content-length', String(whole.length))
    this.#writeHead()
    if (whole.length > MAX_JOINED_BYTES) response.end(whole)
    else response.end(whole.toString('latin1'), 'latin1')
  }

  onError(error: GatewayError): void {
    const { response, fail } = this.#options
    this.#held = undefined
    if (!response.headersSent) fail(error)
    // A reader must not take a part for the whole.
    else response.destroy()
  }

  readonly #release = (): void => {
    const chunk = this.#held
    this.#held = undefined
    if (chunk === undefined || this.#options.response.destroyed) return
    this.#writeHead()
    this.#options.response.write(chunk)
  }

  #writeHead(): void {
    if (this.#headers === undefined) return
    this.#options.response.writeHead(this.#status, this.#headers)
    this.#headers = undefined
  }

  #write(chunk: Buffer): boolean {
    const { response } = this.#options
    if (response.write(chunk)) return true
    response.once('drain', () => this.#exchange?.resume())
    return false
  }

  /** It would hold one of the connections that queries share. */
  #refuseStream(): void {
    this.#exchange?.abort()
    this.#options.fail(new GatewayError('ERR_STREAM_NOT_REQUESTED'))
  }
}
