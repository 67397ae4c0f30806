import autocannon from 'autocannon'
import type { Peer } from './peer.ts'

type Headers = Readonly<Record<string, string>>

/** One kind of request that is sent again and again. */
export interface RequestKind {
  readonly name: string
  readonly path: string
  readonly headers: Headers
}

export interface LoadOptions {
  readonly peer: Peer
  readonly request: RequestKind
  /** Of every request. */
  readonly headers: Headers
  /** What each connection adds to its requests in turn, over and over. Default nothing. */
  readonly headersOf?: (connection: number, requests: number) => readonly Headers[]
  readonly connections: number
  /** Rounded up to as many for each connection. */
  readonly requests: number
}

/** What a while of load cost its peer. */
export interface Cost {
  readonly requests: number
  /** Processor time of the peer's process for one request, in microseconds. */
  readonly processorUs: number
}

/** What the clients saw of it. */
export interface LoadCost extends Cost {
  readonly perSecond: number
  /** Of each request. */
  readonly latenciesMs: readonly number[]
}

/** How often autocannon looks whether it is done, in milliseconds. */
const DONE_CHECK_MS = 20

/** @throws {Error} if a request was not answered with 200: what failed costs something else. */
export async function costOfLoad(options: LoadOptions): Promise<LoadCost> {
  const { peer, request, connections, headersOf = () => [{}] } = options
  const each = Math.ceil(options.requests / connections)
  const added = Array.from({ length: connections }, (_, n) => headersOf(n, each))
  const amount = each * connections
  const headers = { ...options.headers, ...request.headers }
  const load = {
    url: peer.url + request.path,
    connections,
    amount,
    sampleInt: DONE_CHECK_MS,
    setupClient(client: autocannon.Client) {
      const inTurn = added.pop() ?? []
      client.setRequests(inTurn.map((its) => ({ headers: { ...headers, ...its } })))
    },
  }
  const before = await peer.processorUs()
  const { errors, non2xx, perSecond, latenciesMs } = await run(load)
  const used = (await peer.processorUs()) - before
  if (errors > 0 || non2xx > 0 || latenciesMs.length !== amount) {
    const answered = `${latenciesMs.length} answered of ${amount}`
    throw new Error(`${request.name}: ${errors} errors, ${non2xx} refused, ${answered}`)
  }
  return { requests: amount, processorUs: used / amount, perSecond, latenciesMs }
}

/** From the first answer to the last. */
function run(load: autocannon.Options) {
  const latenciesMs: number[] = []
  let firstAt = 0
  let lastAt = 0
  return new Promise<Omit<LoadCost, keyof Cost> & { errors: number; non2xx: number }>(
    (resolve, reject) => {
      const instance = autocannon(load, (error: Error | null, { errors, non2xx }) => {
        if (error) return reject(error)
        const perSecond = (latenciesMs.length / (lastAt - firstAt)) * 1_000
        resolve({ errors, non2xx, perSecond, latenciesMs })
      })
      instance.on('response', (_client, _status, _bytes, ms) => {
        lastAt = performance.now()
        firstAt ||= lastAt
        latenciesMs.push(ms)
      })
    },
  )
}
