import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Use {
  inFlight: number
  /** Of the request that came last. */
  response: ServerResponse | undefined
  /** Bytes of requests that were answered. */
  answered: number
}

/**
 * Closes connections on which no request is under way. Unlike `closeIdleConnections` also those on which there has been none
 * yet, as browsers and connection pools keep them ready.
 */
export interface IdleSockets {
  /** From now on each answer, of what is under way too, says that it is the last of its connection. */
  announceClose(): void
  destroy(): void
}

export function watchIdleSockets(server: Server): IdleSockets {
  const uses = new Map<Socket, Use>()
  let isClosing = false

  server.on('connection', (socket: Socket) => {
    uses.set(socket, { inFlight: 0, response: undefined, answered: 0 })
    socket.once('close', () => uses.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    const use = uses.get(socket)
    if (!use) return
    use.inFlight += 1
    use.response = response
    if (isClosing) response.shouldKeepAlive = false
    response.once('close', () => {
      use.inFlight -= 1
      use.answered = socket.bytesRead
    })
  })

  return {
    announceClose() {
      isClosing = true
      // Of one whose head is written already it shows no more, and the connection stays.
      for (const { response } of uses.values()) {
        if (response?.headersSent === false) response.shouldKeepAlive = false
      }
    },
    destroy() {
      for (const [socket, { inFlight, answered }] of uses) {
        // More was read than was answered: a request is on its way.
        if (inFlight === 0 && socket.bytesRead === answered) socket.destroy()
      }
    },
  }
}
