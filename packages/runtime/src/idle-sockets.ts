import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

interface Use {
  readonly socket: Socket
  /** Monotonic. */
  readonly openedAt: number
  inFlight: number
  /** Of the request that came last. */
  response: ServerResponse | undefined
  /** Bytes of requests that were answered. */
  answered: number
}

/** Whoever connects now has a request to send: for so long, milliseconds, a new connection is not taken for idle. */
const FRESH_MS = 250

/**
 * Closes connections on which no request is under way. Unlike `closeIdleConnections` also those on which there has been none
 * yet, as browsers and connection pools keep them ready.
 */
export interface IdleSockets {
  /** Of the request that came last over a connection; undefined if none has. */
  latestResponse(socket: Duplex): ServerResponse | undefined
  /** From now on each answer, of what is under way too, says that it is the last of its connection. */
  announceClose(): void
  destroy(): void
}

export function watchIdleSockets(server: Server): IdleSockets {
  const uses = new Map<Duplex, Use>()
  let isClosing = false

  server.on('connection', (socket: Socket) => {
    const openedAt = performance.now()
    uses.set(socket, { socket, openedAt, inFlight: 0, response: undefined, answered: 0 })
    socket.once('close', () => uses.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    const use = uses.get(socket)
    if (!use) return
    use.inFlight += 1
    use.response = response
    if (isClosing) response.shouldKeepAlive = false
    // It happens once; to say so would cost more than the rest of it.
    response.on('close', () => {
      use.inFlight -= 1
      use.answered = socket.bytesRead
    })
  })

  return {
    latestResponse: (socket) => uses.get(socket)?.response,
    announceClose() {
      isClosing = true
      // Of one whose head is written already it shows no more, and the connection stays.
      for (const { response } of uses.values()) {
        if (response?.headersSent === false) response.shouldKeepAlive = false
      }
    },
    destroy() {
      const freshSince = performance.now() - FRESH_MS
      for (const { socket, openedAt, inFlight, answered } of uses.values()) {
        const isFresh = answered === 0 && openedAt > freshSince
        // More was read than was answered: a request is on its way.
        if (!isFresh && inFlight === 0 && socket.bytesRead === answered) socket.destroy()
      }
    },
  }
}
