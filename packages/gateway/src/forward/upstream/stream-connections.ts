import { Client, type Dispatcher } from 'undici'

/** Connections without a stream that are kept for the next; of more, those that become free are closed. */
const MAX_FREE = 64

/**
 * A connection for each stream. A pool would look through all that are in use for a free one, each time; here the free
 * ones are known, whether there are ten streams or ten thousand.
 */
export class StreamConnections {
  readonly #origin: string
  readonly #options: Client.Options
  readonly #all = new Set<Client>()
  readonly #free = new Set<Client>()
  #isClosed = false

  constructor(origin: string, options: Client.Options) {
    this.#origin = origin
    this.#options = options
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const client = this.#take()
    if (client.dispatch(options, handler)) this.#release(client)
  }

  /** What is under way comes to its end. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#all].map((client) => client.close()))
  }

  async destroy(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#all].map((client) => client.destroy()))
  }

  #take(): Client {
    for (const client of this.#free) {
      this.#free.delete(client)
      return client
    }
    return this.#create()
  }

  #create(): Client {
    const client = new Client(this.#origin, this.#options)
    this.#all.add(client)
    client.on('drain', () => this.#release(client))
    client.on('connectionError', () => this.#drop(client))
    // Dispatching fails by the handler, as it does at any closed connection.
    if (this.#isClosed) client.destroy().catch(() => {})
    return client
  }

  #release(client: Client): void {
    if (client.closed || client.destroyed || !this.#all.has(client)) return
    if (this.#free.size < MAX_FREE) this.#free.add(client)
    else this.#drop(client)
  }

  #drop(client: Client): void {
    this.#all.delete(client)
    this.#free.delete(client)
    // Rejects only if it is closed already.
    client.close().catch(() => {})
  }
}
