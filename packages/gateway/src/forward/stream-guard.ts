import type { TrackedWork } from '@portcullis/revocation'
import type { Authentication } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import { verdictOn } from './stream-verdict.ts'

export interface StreamGuardOptions {
  reauthenticate(): Promise<Authentication | undefined>
  /** Resolves when all that was said so far is applied. */
  catchUp(): Promise<void>
  readonly pauseMs: number
}

export interface StreamGuardListener {
  /** Something was said: from this step on nothing may go out. */
  onVerdictPending(): void
  /** With which error the stream ends. */
  onVerdict(error: GatewayError): void
}

/** With these a service says that it knows of something; what it is, the gateway knows better. */
const SIGNS_OF_AN_END = ['event: serialized-error', 'ERR_CONTEXT_REVOKED', 'ERR_CONTEXT_STALE']

/** Watches over one stream on behalf of its session. */
export class StreamGuard implements Disposable {
  readonly authentication: Authentication
  readonly #options: StreamGuardOptions
  readonly #listener: StreamGuardListener
  readonly #work: TrackedWork
  #pausedAt: number | undefined
  #isCatchingUp = false

  constructor(
    authentication: Authentication,
    options: StreamGuardOptions,
    listener: StreamGuardListener,
  ) {
    this.authentication = authentication
    this.#options = options
    this.#listener = listener
    this.#work = authentication.watch()
    const { signal } = this.#work
    if (signal.aborted) this.#judge(signal.reason)
    else signal.addEventListener('abort', () => this.#judge(signal.reason), { once: true })
  }

  /** Whether these bytes may go out in this step. */
  mayPass(bytes: Buffer): boolean {
    if (!this.authentication.isCurrent()) return false
    // The service may have heard it first: this gateway hears it now, and ends the stream with the better word.
    if (SIGNS_OF_AN_END.some((sign) => bytes.includes(sign))) this.#catchUp()
    return !this.#isCatchingUp
  }

  /** Whether what was kept back may go out in this step. Ends the stream when that has taken too long. */
  mayGoOn(): boolean {
    this.#pausedAt ??= performance.now()
    if (!this.#isCatchingUp && this.authentication.isCurrent()) {
      this.#pausedAt = undefined
      return true
    }
    if (performance.now() - this.#pausedAt > this.#options.pauseMs) this.#judge(undefined)
    return false
  }

  check(): void {
    if (this.authentication.remainingMs() > 0) return
    this.#listener.onVerdictPending()
    this.#listener.onVerdict(new GatewayError('ERR_SESSION_REVOKED'))
  }

  [Symbol.dispose](): void {
    this.#work[Symbol.dispose]()
  }

  #judge(reason: unknown): void {
    this.#listener.onVerdictPending()
    const { reauthenticate } = this.#options
    void verdictOn(reason, reauthenticate).then((error) => this.#listener.onVerdict(error))
  }

  #catchUp(): void {
    this.#isCatchingUp = true
    const done = () => {
      this.#isCatchingUp = false
    }
    this.#options.catchUp().then(done, done)
  }
}
