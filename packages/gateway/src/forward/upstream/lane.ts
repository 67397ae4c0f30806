import type { Dispatcher } from 'undici'
import type { Gate } from './gate.ts'
import type { Target } from './target.ts'
import type { Upstream } from './upstream.ts'

interface Sender {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): unknown
}

/** One of the two ways to a service. */
export interface Lane {
  readonly upstream: Upstream
  /** Undefined if as many go in as come. */
  readonly gate: Gate | undefined
  dispatcherOf(target: Target): Sender
}

/** For queries and mutations: over few connections, and only so many at once. */
export function createCallLane(upstream: Upstream, gate: Gate): Lane {
  return { upstream, gate, dispatcherOf: (target) => target.calls }
}

/** For streams: each over a connection of its own. How many there are is not the service's matter. */
export function createStreamLane(upstream: Upstream): Lane {
  return { upstream, gate: undefined, dispatcherOf: (target) => target.streams }
}
