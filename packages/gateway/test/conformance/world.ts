import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  type TRPCClient,
  type TRPCLink,
  type WebSocketClientOptions,
  wsLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import { openRaw, type RawSocket } from '../websocket/harness.ts'
import { type RawAnswer, type RawEvent, readAnswer, readEvents } from './raw.ts'
import type { StockRouter } from './stock/stock-server.ts'
import { TRANSFORMERS, type TransformerName } from './stock/trpc.ts'

export type Client = TRPCClient<StockRouter>
type Link = TRPCLink<StockRouter>
interface HttpOptions {
  /** Comes after the base URL. */
  readonly query?: string
  readonly headers?: Record<string, string>
  readonly methodOverride?: 'POST'
  readonly pathSeparator?: '.' | '_'
}

/** What a scenario has: an address, and clients of every kind for it. */
export class World implements AsyncDisposable {
  readonly url: string
  readonly transformer: TransformerName
  readonly #owned = new AsyncDisposableStack()

  constructor(url: string, transformer: TransformerName) {
    this.url = url
    this.transformer = transformer
  }

  client(...links: Link[]): Client {
    return createTRPCClient<StockRouter>({ links })
  }

  httpLink(options: HttpOptions = {}): Link {
    return httpLink<StockRouter>(this.#linkOptions(options))
  }

  httpBatchLink(options: HttpOptions & { maxItems?: number; maxURLLength?: number } = {}): Link {
    return httpBatchLink<StockRouter>(this.#linkOptions(options))
  }

  httpBatchStreamLink(
    options: HttpOptions & { streamHeader?: 'accept' | 'trpc-accept' } = {},
  ): Link {
    return httpBatchStreamLink<StockRouter>(this.#linkOptions(options))
  }

  httpSubscriptionLink(
    options: { connectionParams?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Link {
    const { connectionParams, headers } = options
    return httpSubscriptionLink<StockRouter, typeof EventSource>({
      url: this.url,
      transformer: this.#transformer,
      EventSource,
      ...(connectionParams && { connectionParams }),
      eventSourceOptions: {
        fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
      },
    })
  }

  wsLink(options: Partial<WebSocketClientOptions> = {}): Link {
    const client = createWSClient({
      url: this.url.replace('http', 'ws'),
      retryDelayMs: (attempt) => (attempt === 0 ? 0 : 20),
      ...options,
    })
    this.#owned.defer(() => client.close())
    return wsLink<StockRouter>({ client, transformer: this.#transformer })
  }

  get single(): Client {
    return this.client(this.httpLink())
  }

  get batch(): Client {
    return this.client(this.httpBatchLink())
  }

  get stream(): Client {
    return this.client(this.httpBatchStreamLink())
  }

  get events(): Client {
    return this.client(this.httpSubscriptionLink())
  }

  get socket(): Client {
    return this.client(this.wsLink())
  }

  /** Another client of the same address, which leaves before the scenario ends. */
  visit(): World {
    return new World(this.url, this.transformer)
  }

  /** A request as it is, and its answer. */
  async raw(target: string, init: RequestInit = {}): Promise<RawAnswer> {
    return readAnswer(await fetch(`${this.url}${target}`, { redirect: 'manual', ...init }))
  }

  /** The first events of a stream, pings left out. */
  async rawEvents(
    target: string,
    count: number,
    headers: Record<string, string> = {},
  ): Promise<RawEvent[]> {
    const leaving = new AbortController()
    const response = await fetch(`${this.url}${target}`, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: leaving.signal,
    })
    const events = await readEvents(response, count)
    leaving.abort()
    return events
  }

  /** A socket on which each frame is seen. */
  async rawSocket(target = '/', headers: Record<string, string> = {}): Promise<RawSocket> {
    return this.#owned.use(await openRaw(`${this.url}${target}`, headers))
  }

  /** An input as it stands in a URL. */
  input(value: unknown): string {
    return encodeURIComponent(JSON.stringify(this.serialize(value)))
  }

  /** A value as the transformer writes it. */
  serialize(value: unknown): unknown {
    return this.#transformer.input.serialize(value)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync()
  }

  get #transformer() {
    return TRANSFORMERS[this.transformer]
  }

  #linkOptions<Options extends HttpOptions>({ query = '', ...options }: Options) {
    return { url: this.url + query, transformer: this.#transformer, ...options }
  }
}
