import type { Socket } from 'node:net'
import { Agent, buildConnector } from 'undici'

/** Bytes at a client's sockets so far. */
export interface Bytes {
  readonly sent: number
  readonly received: number
}

export interface CountedConnections extends AsyncDisposable {
  readonly agent: Agent
  bytes(): Bytes
}

/** As many connections to one server as browsers open. */
const CONNECTIONS = 6

export function createCountedConnections(): CountedConnections {
  const connect = buildConnector({})
  const sockets: Socket[] = []
  const agent = new Agent({
    connections: CONNECTIONS,
    connect(options, callback) {
      connect(options, (...[error, socket]) => {
        if (error) return callback(error, null)
        sockets.push(socket)
        callback(null, socket)
      })
    },
  })
  const sum = (of: (socket: Socket) => number) =>
    sockets.reduce((total, socket) => total + of(socket), 0)
  return {
    agent,
    bytes: () => ({
      sent: sum(({ bytesWritten }) => bytesWritten),
      received: sum(({ bytesRead }) => bytesRead),
    }),
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}
