import type { Server } from 'node:http'
import type { Socket } from 'node:net'

interface Use {
  inFlight: number
  /** Bytes of requests that were answered. */
  answered: number
}

/**
 * Closes connections on which no request is under way. Unlike `closeIdleConnections` also those on which there has been none
 * yet, as browsers and connection pools keep them ready.
 */
export interface IdleSockets {
  destroy(): void
}

export function watchIdleSockets(server: Server): IdleSockets {
  const uses = new Map<Socket, Use>()

  server.on('connection', (socket: Socket) => {
    uses.set(socket, { inFlight: 0, answered: 0 })
    socket.once('close', () => uses.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    const use = uses.get(socket)
    if (!use) return
    use.inFlight += 1
    response.once('close', () => {
      use.inFlight -= 1
      use.answered = socket.bytesRead
    })
  })

  return {
    destroy() {
      for (const [socket, { inFlight, answered }] of uses) {
        // More was read than was answered: a request is on its way.
        if (inFlight === 0 && socket.bytesRead === answered) socket.destroy()
      }
    },
  }
}
