import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { type IdleSockets, watchIdleSockets } from '@portcullis/runtime'
import { GatewayError } from '../errors.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Replies } from '../respond/reply.ts'
import type { UpgradeHandler } from '../websocket/sockets.ts'
import type { ArrivalReader } from './arrival.ts'
import { answerClientErrors } from './client-errors.ts'
import { type EdgeListener, EdgeResponse } from './edge-response.ts'
import type { FailureReporter } from './request-handler.ts'

export interface ListenOptions {
  /** Default 0: any free one. */
  readonly port?: number
  /** Default `127.0.0.1`. */
  readonly host?: string
  /**
   * Lets another process listen at the same address, so that the next one is there before this one leaves. Where the
   * operating system has nothing of the kind, listening fails. Default false.
   */
  readonly reusePort?: boolean
}

export interface Listening {
  /** `http://host:port`, without a slash at its end. */
  readonly url: string
  /**
   * Is not ready any more, but answers for `drainDelayMs` as before, each time saying that the connection ends. Then it
   * takes no new connection, ends open streams and lets requests in flight finish within `drainTimeoutMs`.
   */
  close(): Promise<void>
}

export interface ServerOptions {
  readonly limits: GatewayLimits
  readonly replies: Replies
  readonly readArrival: ArrivalReader
  /** Headers of every answer, a flat list. */
  readonly headersFor: (request: IncomingMessage) => readonly string[]
  /** Further ones, where whoever answers does not say otherwise. */
  readonly defaultHeaders: readonly string[]
  readonly handle: EdgeListener
  /** Requests for a WebSocket. */
  readonly upgrade: UpgradeHandler
  readonly fail: FailureReporter
  /** Called once when closing begins: requests should go elsewhere. */
  onDrain(): void
  /** Called once when no connection is taken any more: what has no end of its own has to end. */
  onClose(): void
}

const CHECK_INTERVAL_MS = 1_000
/** While closing: how often connections that have become idle are looked for. */
const DRAIN_INTERVAL_MS = 25

export async function listen(
  options: ServerOptions,
  { port = 0, host = '127.0.0.1', reusePort = false }: ListenOptions = {},
): Promise<Listening> {
  const server = configureServer(options)
  const idleSockets = watchIdleSockets(server)
  answerClientErrors(server, idleSockets, options.replies, options.defaultHeaders)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, reusePort }, resolve)
  })
  const { port: boundPort } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    close() {
      closed ??= drain(server, idleSockets, options)
      return closed
    },
  }
}

function configureServer(options: ServerOptions): Server {
  const { limits, defaultHeaders, handle, fail } = options
  const arrive = (request: IncomingMessage, response: EdgeResponse) =>
    response.arrive(options.readArrival(request), options.headersFor(request), defaultHeaders)
  const server = createServer<typeof IncomingMessage, typeof EdgeResponse>(
    {
      ServerResponse: EdgeResponse,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      requireHostHeader: false,
      noDelay: true,
      // Any other protocol is not offered: such a request is answered as if it had not asked.
      shouldUpgradeCallback: isForWebSocket,
    },
    (request, response) => {
      arrive(request, response)
      handle(request, response)
    },
  )
  server.on('upgrade', options.upgrade)
  server.maxConnections = limits.clientConnections
  server.on('checkExpectation', (request, response) => {
    arrive(request, response)
    fail({ request, response, target: undefined }, new GatewayError('ERR_EXPECTATION_FAILED'))
  })
  return server
}

function isForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

async function drain(
  server: Server,
  idleSockets: IdleSockets,
  { limits, onDrain, onClose }: ServerOptions,
): Promise<void> {
  onDrain()
  idleSockets.announceClose()
  await setTimeout(limits.drainDelayMs)
  await allRead()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  onClose()
  idleSockets.destroy()
  const sweep = setInterval(() => void allRead().then(idleSockets.destroy), DRAIN_INTERVAL_MS)
  const giveUp = setInterval(() => server.closeAllConnections(), limits.drainTimeoutMs)
  await closed
  clearInterval(sweep)
  clearInterval(giveUp)
}

/** The event loop has just taken in connections and bytes: what looks idle right after that is. */
const allRead = () => setImmediate()
