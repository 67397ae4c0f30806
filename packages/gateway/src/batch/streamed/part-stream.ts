import { GatewayError, toGatewayError } from '../../errors.ts'
import { Exchange, type ExchangePlan, type ExchangeSink } from '../../forward/exchange.ts'
import type { Proof } from '../../forward/proof.ts'
import type { ResponseHeaders } from '../../forward/response-headers.ts'
import { ownPartHead, type PartHead, readPartHead } from '../merged-headers.ts'
import type { PartReader } from './part-reader.ts'

export interface PartStreamOptions {
  readonly reader: PartReader
  /** See {@link readPartHead}. */
  readonly cookieName: string | undefined
  errorShape(error: GatewayError, path: string): unknown
  /** Takes lines; false if no more are wanted for now. */
  onLines(lines: string): boolean
  /** More is known of it: its proof, its head, or that it has ended. */
  onChange(): void
  /** Learns of what ended it, if it is not the service's regular end. */
  onFailure(error: GatewayError): void
}

/** A service's part of a streamed batch, while it is under way. */
export class PartStream implements ExchangeSink {
  readonly #options: PartStreamOptions
  #exchange: Exchange | undefined
  #proof: Proof | undefined
  #head: PartHead | undefined
  #contentType: string | undefined
  #isPaused = false
  #hasEnded = false

  constructor(options: PartStreamOptions) {
    this.#options = options
  }

  get head(): PartHead | undefined {
    return this.#head
  }

  get contentType(): string | undefined {
    return this.#contentType
  }

  /** What the gateway knew of the caller when it last sent the part. Undefined: it has not been sent. */
  get proof(): Proof | undefined {
    return this.#proof
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** @param plan Made here, so that what is wrong about the part itself fails this part and no other. */
  start(plan: (onProof: (proof: Proof) => void) => ExchangePlan): void {
    try {
      const onProof = (proof: Proof) => {
        this.#proof = proof
        this.#options.onChange()
      }
      this.#exchange = new Exchange(plan(onProof), this)
      this.#exchange.start()
    } catch (error) {
      this.fail(toGatewayError(error))
    }
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#exchange?.resume()
  }

  abort(): void {
    this.#hasEnded = true
    this.#exchange?.abort()
  }

  /** Ends what the service owes with this error; it is not listened to any more. */
  fail(error: GatewayError): void {
    if (this.#hasEnded) return
    this.#exchange?.abort()
    this.#end(error)
  }

  onHead(status: number, headers: ResponseHeaders, proof: Proof): void {
    if (this.#hasEnded) return
    this.#proof = proof
    this.#head = readPartHead(status, headers, this.#options.cookieName)
    const contentType = headers['content-type']
    if (typeof contentType === 'string') this.#contentType = contentType
    if (headers['content-encoding'] !== undefined) {
      this.fail(new GatewayError('ERR_SERVICE_RESPONSE_INVALID'))
      return
    }
    this.#options.onChange()
  }

  onChunk(chunk: Buffer): boolean {
    if (this.#hasEnded) return true
    const { reader, onLines } = this.#options
    const isFlowing = onLines(reader.push(chunk))
    if (reader.failure !== undefined) this.fail(reader.failure)
    this.#isPaused = !isFlowing
    return isFlowing
  }

  onEnd(): void {
    if (this.#hasEnded) return
    try {
      this.#options.onLines(this.#options.reader.end())
      this.#end(undefined)
    } catch (error) {
      this.#end(toGatewayError(error))
    }
  }

  onError(error: GatewayError): void {
    if (!this.#hasEnded) this.#end(error)
  }

  #end(error: GatewayError | undefined): void {
    this.#hasEnded = true
    const { reader, errorShape, onLines, onChange, onFailure } = this.#options
    if (error !== undefined) {
      this.#head ??= ownPartHead(error.kind.status, [], error.retryAfterSeconds)
      onFailure(error)
      onLines(reader.failAll((path) => errorShape(error, path)))
    }
    onChange()
  }
}
