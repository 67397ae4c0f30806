import autocannon from 'autocannon'
import type { Peer } from './peer.ts'

/** One kind of request that is sent again and again. */
export interface RequestKind {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface LoadOptions {
  readonly peer: Peer
  readonly request: RequestKind
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
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
  /** In whole milliseconds, as autocannon counts. */
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

/** @throws {Error} if a request was not answered with 200: what failed costs something else. */
export async function costOfLoad(options: LoadOptions): Promise<LoadCost> {
  const { peer, request, headers, connections } = options
  const before = await peer.processorUs()
  const result = await autocannon({
    url: peer.url + request.path,
    headers: { ...headers, ...request.headers },
    connections,
    amount: options.requests,
  })
  const used = (await peer.processorUs()) - before
  const { errors, non2xx, duration, latency } = result
  const requests = result.requests.total
  if (errors > 0 || non2xx > 0 || requests === 0) {
    throw new Error(`${request.name}: ${errors} errors, ${non2xx} refused of ${requests}`)
  }
  return {
    requests,
    processorUs: used / requests,
    perSecond: requests / duration,
    latencyMs: { p50: latency.p50, p99: latency.p99 },
  }
}
