import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnyTRPCRouter, TRPCError } from '@trpc/server'
import { getWSConnectionHandler } from '@trpc/server/adapters/ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ServiceLimits } from '../limits.ts'
import type { Portcullis } from '../portcullis.ts'
import { Refusal } from '../refusal.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import { type Connection, createSocketGate, type SocketCallsOptions } from './socket-calls.ts'
import { gateProcedures } from './socket-router.ts'

export interface SocketsOptions extends Pick<SocketCallsOptions, 'extend'> {
  /** Mounted, and nobody else's: its calls are judged as those of sockets. */
  readonly router: AnyTRPCRouter
  readonly portcullis: Portcullis
  readonly limits: ServiceLimits
  onError(error: TRPCError, path: string | undefined): void
}

/** The WebSockets of a server. */
export interface Sockets {
  /** Tells clients to move elsewhere, and closes each socket on which nothing runs any more. */
  retire(): void
  /** Breaks off what is left. */
  terminate(): void
}

const RESTARTING = 1012
const RECONNECT = JSON.stringify({ id: null, method: 'reconnect' })
/** For a client to answer a ping, milliseconds. */
const PONG_WAIT_MS = 10_000

/** Serves a router by WebSocket on a server that serves it by HTTP. */
export function serveSockets(server: Server, options: SocketsOptions): Sockets {
  const { router, portcullis, limits, onError } = options
  const connections = new Map<IncomingMessage, Connection>()
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.bodyBytes,
    perMessageDeflate: false,
  })
  let isRetiring = false
  gateProcedures(router, createSocketGate({ ...options, mostBytes: limits.socketBufferedBytes }))
  const serve = getWSConnectionHandler({
    wss,
    router,
    maxBatchSize: limits.batchSize,
    keepAlive: { enabled: true, pingMs: limits.socketPingMs, pongWaitMs: PONG_WAIT_MS },
    createContext: ({ req }) => connections.get(req),
    onError: ({ error, path }) => onError(error, path),
  })

  function accept(request: IncomingMessage, socket: WebSocket) {
    const connection: Connection = { request, socket, running: 0, onIdle }
    // What has come to its end is answered in this turn of the event loop, which a closing socket would not do.
    function onIdle() {
      if (isRetiring) setImmediate(() => connection.running === 0 && socket.close(RESTARTING))
    }
    connections.set(request, connection)
    socket.once('close', () => connections.delete(request))
    serve(socket, request)
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const headers = new Headers()
    try {
      if (isRetiring) throw new Refusal('ERR_DRAINING')
      if (connections.size >= limits.sockets) throw new Refusal('ERR_SOCKETS_EXCEEDED')
      // What cannot be accepted now is said as to a request, so that the gateway can do better at once.
      const context = await portcullis.createContextFrom(request, headers)
      context[Symbol.dispose]()
      wss.handleUpgrade(request, socket, head, (opened) => accept(request, opened))
    } catch (cause) {
      refuseUpgrade(socket, cause, headers)
    }
  }

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    void upgrade(request, socket, head)
  })

  return {
    retire() {
      isRetiring = true
      for (const { socket, running } of [...connections.values()]) {
        socket.send(RECONNECT, () => {})
        if (running === 0) socket.close(RESTARTING)
      }
    },
    terminate() {
      for (const { socket } of [...connections.values()]) socket.terminate()
    },
  }
}
