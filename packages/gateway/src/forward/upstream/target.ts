import { Client, type Dispatcher, Pool } from 'undici'
import type { GatewayLimits } from '../../limits.ts'
import type { ResponseHeaders } from '../response-headers.ts'
import { Breaker } from './breaker.ts'
import { createConnector } from './connector.ts'
import { isJson } from './media-type.ts'
import { askOnce, Probe } from './probe.ts'
import { StreamConnections } from './stream-connections.ts'

export interface TargetOptions {
  /** Scheme, host and port. */
  readonly origin: string
  /** One of the addresses of the host's name; undefined for whatever it means when a connection is made. */
  readonly address: string | undefined
  /** Answers 2xx as long as requests should be sent there; undefined: it is not asked. */
  readonly readyPath: string | undefined
  /** Answers a HEAD request as long as it lives. */
  readonly livePath: string
  readonly limits: GatewayLimits
  onBreaker(target: Target, isOpen: boolean): void
}

/** For so long one that has just failed is asked only if there is no other, in milliseconds. */
const DOUBT_MS = 1_000

/** One server of a service: its connections, how much it has to do, and what is known of its health. */
export class Target {
  /** For the log. */
  readonly name: string
  readonly origin: string
  readonly address: string | undefined
  /** For queries and mutations; a bounded number of connections. */
  readonly calls: Dispatcher
  /** For streams, each with a connection of its own, so that open subscriptions never hold up a query. */
  readonly streams: StreamConnections
  readonly breaker: Breaker
  /** Requests and streams that were sent there and have not ended. */
  pending = 0
  readonly #probing: Dispatcher
  readonly #probe: Probe | undefined
  #doubtedAt = Number.NEGATIVE_INFINITY

  constructor(options: TargetOptions) {
    const { origin, address, readyPath, livePath, limits } = options
    this.name = address === undefined ? origin : `${origin} (${address})`
    this.origin = origin
    this.address = address
    const connect = createConnector(limits.connectTimeoutMs, address)
    const { serviceConnections, upstreamIdleTimeoutMs, streamIdleTimeoutMs } = limits
    const common = { ...COMMON, connect, headersTimeout: limits.upstreamTimeoutMs }
    this.calls = new Pool(origin, {
      ...common,
      connections: serviceConnections,
      bodyTimeout: upstreamIdleTimeoutMs,
    })
    this.streams = new StreamConnections(origin, { ...common, bodyTimeout: streamIdleTimeoutMs })
    this.#probing = new Client(origin, { ...common, headersTimeout: limits.probeTimeoutMs })
    this.#probe = readyPath === undefined ? undefined : new Probe(this.#probing, readyPath, limits)
    this.breaker = new Breaker({
      limits,
      tryOut: () =>
        readyPath === undefined
          ? askOnce(this.#probing, 'HEAD', livePath, isAlive)
          : askOnce(this.#probing, 'GET', readyPath, isSuccess),
      onChange: (isOpen) => options.onBreaker(this, isOpen),
    })
  }

  /** Whether another should be asked first. */
  isDoubtful(now: number): boolean {
    return this.#probe?.isReady === false || now - this.#doubtedAt < DOUBT_MS
  }

  /** It began an answer. What stands in front of a service answers for it when it is away, and never in JSON. */
  answered(status: number, headers: ResponseHeaders): void {
    if (status < 502 || status > 504) {
      this.breaker.succeeded()
      return
    }
    this.#doubtedAt = performance.now()
    if (isJson(headers['content-type'])) this.breaker.succeeded()
    else this.breaker.failed(new Error(`status ${status}`))
  }

  /** It gave no answer. */
  failed(error: Error): void {
    this.#doubtedAt = performance.now()
    this.breaker.failed(error)
  }

  /** Takes no more; what is under way comes to its end. Resolves when it has. */
  async close(): Promise<void> {
    this.#stop()
    // They reject only if they are closed already.
    await Promise.allSettled([this.calls.close(), this.streams.close()])
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    this.#stop()
    await Promise.allSettled([this.calls.destroy(), this.streams.destroy()])
  }

  #stop(): void {
    this.breaker[Symbol.dispose]()
    this.#probe?.[Symbol.dispose]()
    this.#probing.destroy().catch(() => {})
  }
}

const COMMON = {
  pipelining: 1,
  allowH2: false,
  // Below the 5 s after which a Node server closes an idle connection, or both would use it at the same moment.
  keepAliveTimeout: 4_000,
} as const

const isSuccess = (status: number) => status >= 200 && status < 300
/** tRPC answers any HEAD without executing anything; another server at least answers. */
const isAlive = (status: number) => status < 500
