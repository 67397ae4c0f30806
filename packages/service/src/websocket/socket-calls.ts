import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import type { Portcullis, RequestContext } from '../portcullis.ts'
import { isAsyncIterable } from '../until-ended.ts'
import { paced } from './paced.ts'
import type { Gate, Procedure, SocketCall } from './socket-router.ts'

/** What tRPC keeps for a connection. */
export interface Connection {
  readonly request: IncomingMessage
  readonly socket: WebSocket
  /** Calls that are not answered, and subscriptions that go on. */
  running: number
  onIdle(): void
}

export interface SocketCallsOptions {
  readonly portcullis: Portcullis
  /** What may wait to be read by a client before its subscriptions wait, bytes. */
  readonly mostBytes: number
  /** The context as the router's procedures expect it. */
  extend(context: RequestContext, request: IncomingMessage): unknown
}

/**
 * Judges each call on a socket as if it had come as a request of its own, by what the upgrade carried and by what is known
 * now: a connection outlives what it was opened with.
 */
export function createSocketGate({ portcullis, mostBytes, extend }: SocketCallsOptions): Gate {
  return async (call, procedure) => {
    const connection = call.ctx as Connection
    connection.running += 1
    using ending = new DisposableStack()
    ending.defer(() => {
      connection.running -= 1
      if (connection.running === 0) connection.onIdle()
    })
    const context = await portcullis.createContext(requestOf(call, procedure, connection))
    ending.use(context)
    const ctx = await extend(context, connection.request)
    const result = await procedure({ ...call, ctx })
    if (!isAsyncIterable(result)) return result
    return kept(paced(result, { socket: connection.socket, mostBytes }), ending.move())
  }
}

function requestOf({ signal }: SocketCall, procedure: Procedure, { request }: Connection) {
  const req = { headers: request.headers, ...(signal && { signal }) }
  // Without a type: when the service closes, a subscription moves to another socket, and is not broken off as a stream is.
  return { req, info: { calls: [{ procedure }] } }
}

async function* kept(source: AsyncIterable<unknown>, ending: Disposable) {
  using _ = ending
  return yield* source
}
