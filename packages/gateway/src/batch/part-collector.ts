import { GatewayError } from '../errors.ts'
import type { ExchangeSink } from '../forward/exchange.ts'
import type { Proof } from '../forward/proof.ts'
import type { ResponseHeaders } from '../forward/response-headers.ts'

/** A service's whole answer. */
export interface CollectedAnswer {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly proof: Proof
  readonly body: string
}

/** Gathers a service's answer up to a limit. */
export class PartCollector implements ExchangeSink {
  readonly answer: Promise<CollectedAnswer>
  readonly #limitBytes: number
  readonly #resolve: (answer: CollectedAnswer) => void
  readonly #reject: (error: GatewayError) => void
  readonly #chunks: Buffer[] = []
  #length = 0
  #head: Omit<CollectedAnswer, 'body'> | undefined

  constructor(limitBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<CollectedAnswer>()
    this.answer = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#limitBytes = limitBytes
  }

  onHead(status: number, headers: ResponseHeaders, proof: Proof): void {
    this.#head = { status, headers, proof }
  }

  onChunk(chunk: Buffer): boolean {
    this.#length += chunk.length
    if (this.#length > this.#limitBytes) throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID')
    this.#chunks.push(chunk)
    return true
  }

  onEnd(): void {
    if (this.#head === undefined) this.#reject(new GatewayError('ERR_SERVICE_RESPONSE_INVALID'))
    else this.#resolve({ ...this.#head, body: Buffer.concat(this.#chunks).toString('utf8') })
  }

  onError(error: GatewayError): void {
    this.#reject(error)
  }
}
