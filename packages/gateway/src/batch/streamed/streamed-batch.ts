import type { Authentication } from '../../authenticator.ts'
import type { GatewayError } from '../../errors.ts'
import type { ExchangeSink } from '../../forward/exchange.ts'
import { verdictOn } from '../../forward/stream-verdict.ts'
import type { PartHead } from '../merged-headers.ts'
import type { PartStream } from './part-stream.ts'
import { streamHead } from './stream-head.ts'

/** What the gateway itself answers to calls of a batch: its procedures, and paths that nobody has. */
export interface OwnLines {
  readonly head: PartHead
  readonly lines: string
  /** The session cookie that came with the request is of no use any more. */
  readonly isEnded: boolean
}

export interface StreamedBatchOptions {
  /** First line of the whole batch. */
  readonly headLine: string
  /** Never rejects. */
  own(signal: AbortSignal): Promise<readonly OwnLines[]>
  /** Starts the services' parts, which give their lines to {@link StreamedBatch.put}. */
  start(batch: StreamedBatch): readonly PartStream[]
  /** The lines by which all calls of services fail. */
  failServices(error: GatewayError): string
  /** `Set-Cookie` value that removes the session cookie; undefined if `cookies` set it, or there is no such cookie. */
  forget(cookies: readonly string[]): string | undefined
  reauthenticate(): Promise<Authentication | undefined>
  readonly headWaitMs: number
}

/**
 * The streams of several services as one. It begins when each has begun, or `headWaitMs` have passed, and the gateway's
 * own procedures are answered, since all of them may have something to say in its head. From then on lines go out as
 * they come. A reader that is too slow pauses all services.
 */
export class StreamedBatch {
  readonly #options: StreamedBatchOptions
  readonly #sink: ExchangeSink
  readonly #leaving = new AbortController()
  /** What is under way: at most a chunk of each service. */
  #queue: string[] = []
  #parts: readonly PartStream[] = []
  #own: readonly OwnLines[] | undefined
  #timer: NodeJS.Timeout | undefined
  #isLate = false
  #state: 'waiting' | 'judging' | 'flowing' | 'paused' | 'done' = 'waiting'

  constructor(options: StreamedBatchOptions, sink: ExchangeSink) {
    this.#options = options
    this.#sink = sink
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#isLate = true
      this.advance()
    }, this.#options.headWaitMs)
    void this.#options.own(this.#leaving.signal).then((own) => {
      this.#own = own
      this.advance()
    })
    this.#parts = this.#options.start(this)
    this.advance()
  }

  /** The client has gone, or is told nothing more. */
  abort(): void {
    clearTimeout(this.#timer)
    this.#state = 'done'
    this.#queue = []
    this.#leaving.abort()
    for (const part of this.#parts) part.abort()
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'flowing'
    this.#flush()
    // Not in this step: it may be one in which a service is being read, and two cannot be read at once.
    queueMicrotask(() => this.#resumeParts())
  }

  /** Takes lines of a service; false if no more are wanted for now. */
  put(lines: string): boolean {
    if (lines !== '' && this.#state !== 'done') this.#queue.push(lines)
    this.#flush()
    return this.#state === 'flowing' || this.#state === 'done'
  }

  /** Something has become known of a part. */
  advance(): void {
    if (this.#state === 'waiting' && this.#canBegin()) this.#judge()
    else this.#flush()
  }

  #canBegin(): boolean {
    if (this.#own === undefined) return false
    const underway = this.#parts.filter((part) => !part.hasEnded)
    // Whoever listens must be known before the first byte, so that the stream can end with the session.
    if (underway.some((part) => part.proof === undefined)) return false
    return this.#isLate || underway.every((part) => part.head !== undefined)
  }

  #judge(): void {
    clearTimeout(this.#timer)
    const known = this.#parts.flatMap((part) => part.proof?.authentication ?? [])
    // After a service knew more than the gateway, only the later of two proofs holds.
    const current = known.find((authentication) => endOf(authentication) === undefined)
    const reason = known[0] && endOf(known[0])
    if (current !== undefined || reason === undefined) {
      this.#begin(current)
      return
    }
    this.#state = 'judging'
    void verdictOn(reason.because, this.#options.reauthenticate).then((error) => {
      if (this.#state !== 'judging') return
      for (const part of this.#parts) part.abort()
      this.#queue = [this.#options.failServices(error)]
      this.#begin(undefined)
    })
  }

  #begin(authentication: Authentication | undefined): void {
    const own = this.#own ?? []
    const { status, headers } = streamHead(this.#parts, own, this.#options.forget)
    this.#state = 'flowing'
    this.#queue.unshift(this.#options.headLine, ...own.map(({ lines }) => lines))
    this.#sink.onHead(status, headers, {
      isEnded: false,
      ...(authentication !== undefined && { authentication }),
    })
    this.#flush()
    // Not in this step: it may be one in which a service is being read, and two cannot be read at once.
    queueMicrotask(() => this.#resumeParts())
  }

  #resumeParts(): void {
    if (this.#state === 'flowing') for (const part of this.#parts) part.resume()
  }

  #flush(): void {
    if (this.#state !== 'flowing') return
    const text = this.#queue.join('')
    this.#queue = []
    if (text !== '' && !this.#sink.onChunk(Buffer.from(text))) this.#state = 'paused'
    if (this.#parts.some((part) => !part.hasEnded)) return
    this.#state = 'done'
    this.#sink.onEnd()
  }
}

/** Why what was known of a caller does not hold any more; undefined if it does. */
function endOf(authentication: Authentication): { because: unknown } | undefined {
  using work = authentication.watch()
  return work.signal.aborted ? { because: work.signal.reason } : undefined
}
