import { type GatewayError, toGatewayError } from '../errors.ts'

export interface AdmissionOptions {
  /** Why nothing can be taken now; undefined when all is well. */
  refusal(): GatewayError | undefined | Promise<GatewayError | undefined>
  accept(text: string | undefined, refusal: GatewayError | undefined): void
  /** From now on nothing more should come until `onIdle`. */
  onWait(): void
  onIdle(): void
}

/** Takes frames one after the other, each when its session has been found to live, which may have to be waited for. */
export class Admission {
  readonly #options: AdmissionOptions
  #last: Promise<void> | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  get isWaiting(): boolean {
    return this.#last !== undefined
  }

  /** @param text Undefined for a frame that holds none. */
  take(text: string | undefined): void {
    const { refusal, accept, onWait } = this.#options
    const found = this.#last ? undefined : refusal()
    if (this.#last === undefined && !(found instanceof Promise)) {
      accept(text, found)
      return
    }
    onWait()
    const judged = (this.#last ?? Promise.resolve()).then(() => found ?? refusal())
    const done = judged
      .catch((error) => toGatewayError(error))
      .then((result) => {
        accept(text, result)
        this.#finish(done)
      })
    this.#last = done
  }

  #finish(done: Promise<void>): void {
    if (this.#last !== done) return
    this.#last = undefined
    this.#options.onIdle()
  }
}
