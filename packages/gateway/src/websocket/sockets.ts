import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@portcullis/runtime'
import type { Session } from '@portcullis/sessions'
import { WebSocketServer } from 'ws'
import type { Authentication, Authenticator } from '../authenticator.ts'
import { GatewayError, toGatewayError } from '../errors.ts'
import type { OpenStreams } from '../forward/open-streams.ts'
import type { OutboundHeaders } from '../forward/outbound-headers.ts'
import { isPlausibleToken } from '../forward/proof.ts'
import type { OriginRule } from '../guard/origin-rule.ts'
import type { RateLimits } from '../guard/rate-limits/rate-limits.ts'
import type { CookieReading, SessionCookie } from '../guard/session-cookie.ts'
import type { GatewayLimits } from '../limits.ts'
import type { RequestObserver } from '../observe/observer.ts'
import type { OwnProcedures } from '../procedures/own-procedures.ts'
import { readAtLeast } from '../request/at-least.ts'
import { type CallOrigin, readCookie } from '../request/call.ts'
import type { Envelope } from '../respond/envelope.ts'
import type { Replies } from '../respond/reply.ts'
import type { Routing } from '../routing.ts'
import type { Arrival, ArrivalReader } from '../server/arrival.ts'
import { createChannels } from './channels.ts'
import { isProcedurePath } from './client-message.ts'
import { ClientSocket, type ClientSocketOptions } from './client-socket.ts'
import { createGatewayFrames } from './gateway-frames.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import { Slots } from './slots.ts'
import { parseSocketTarget, type SocketTarget } from './socket-target.ts'

export interface SocketsOptions {
  readonly authenticator: Authenticator
  readonly cookie: SessionCookie | undefined
  readonly originRule: OriginRule
  readonly readArrival: ArrivalReader
  readonly outboundHeaders: OutboundHeaders
  readonly openStreams: OpenStreams
  readonly routing: Pick<Routing, 'of'>
  readonly own: OwnProcedures
  readonly rateLimits: RateLimits
  readonly observers: readonly RequestObserver[]
  readonly envelope: Envelope
  readonly replies: Replies
  readonly limits: GatewayLimits
  readonly logger: Logger
}

/** A request for a WebSocket, as far as it was read. */
export interface Upgrade extends CallOrigin {
  readonly target: SocketTarget
}

/** Answers requests for a WebSocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Opens WebSockets that speak as one tRPC server's, whichever service answers. */
export function createUpgradeHandler(options: SocketsOptions): UpgradeHandler {
  const { authenticator, cookie, originRule, limits, openStreams, replies, logger } = options
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.socketMessageBytes,
    perMessageDeflate: false,
  })
  const forgetful = new WeakSet<IncomingMessage>()
  server.on('headers', (headers, request) => {
    if (cookie && forgetful.has(request)) headers.push(`Set-Cookie: ${cookie.clear()}`)
  })
  const perAddress = new Slots(limits.socketsPerAddress)
  const perSession = new Slots(limits.socketsPerSession)
  const createChannelFinder = createChannels(options)

  function read(request: IncomingMessage, arrival: Arrival): Upgrade {
    if (request.headers.host === undefined) throw new GatewayError('ERR_HEADERS_INVALID')
    originRule(request.headers, false)
    const target = parseSocketTarget(request.url ?? '', limits)
    return { ...arrival, request, target, cookie: readCookie(cookie, request.headers.cookie) }
  }

  async function open(upgrade: Upgrade, socket: Duplex, head: Buffer, held: DisposableStack) {
    const atLeast = readAtLeast(upgrade.request.headers)
    if (atLeast !== undefined) await authenticator.catchUp(atLeast)
    const authenticate = () => authenticateBy(authenticator, upgrade.cookie)
    const authentication = await authenticate()
    if (authentication) hold(held, perSession.take(authentication.session.id))
    else if (upgrade.cookie.value !== undefined) forgetful.add(upgrade.request)
    if (socket.destroyed) return
    const owned = held.move()
    socket.once('close', () => owned.dispose())
    server.handleUpgrade(upgrade.request, socket, head, (opened) => {
      new ClientSocket(opened, {
        limits,
        openStreams,
        frames: createGatewayFrames(options.envelope, upgrade.id),
        authentication,
        authenticate,
        catchUp: () => authenticator.catchUp(),
        channels: createChannelFinder(upgrade),
        countCall: createCallCounter(options.rateLimits, upgrade),
        observe: createCallObserver(options.observers, upgrade, authentication?.session),
      })
    })
  }

  return (request, socket, head) => {
    const arrival = options.readArrival(request)
    const refuse = (cause: unknown) => {
      const error = toGatewayError(cause)
      if (error.kind.status >= 500) {
        const details = { requestId: arrival.id, code: error.code, err: error.cause }
        logger.warn(details, error.message)
      }
      refuseUpgrade(socket, error, { replies, requestId: arrival.id })
    }
    // Whoever leaves now is not answered; without a listener that would be an exception.
    socket.on('error', () => socket.destroy())
    const held = new DisposableStack()
    try {
      const upgrade = read(request, arrival)
      hold(held, perAddress.take(arrival.address))
      open(upgrade, socket, head, held)
        .catch(refuse)
        .finally(() => held.dispose())
    } catch (error) {
      held.dispose()
      refuse(error)
    }
  }
}

function authenticateBy(
  authenticator: Authenticator,
  { value }: CookieReading,
): Authentication | undefined | Promise<Authentication | undefined> {
  return value !== undefined && isPlausibleToken(value)
    ? authenticator.authenticate(value)
    : undefined
}

function createCallObserver(
  observers: readonly RequestObserver[],
  arrival: Arrival,
  session: Session | undefined,
): ClientSocketOptions['observe'] {
  return ({ method, path }, outcome, durationMs) => {
    const shown = isProcedurePath(path) ? path : undefined
    const record = { arrival, session, method, path: shown, outcome, durationMs }
    for (const observer of observers) observer.onSocketCall?.(record)
  }
}

/** Each call for itself: what has no room is refused, and the others of its frame are not. */
function createCallCounter({ admit }: RateLimits, { address, cookie }: Upgrade) {
  return (path: string, isSignedIn: boolean) => {
    const token = isSignedIn ? cookie.value : undefined
    const admitted = admit({ paths: [path], address, token, headers: [] })
    // The session was in memory a moment ago. It is not waited for again.
    if (admitted === undefined) return
    admitted.catch(() => {})
    throw new GatewayError('ERR_UNVERIFIABLE')
  }
}

function hold(held: DisposableStack, slot: Disposable | undefined): void {
  if (slot === undefined) throw new GatewayError('ERR_SOCKETS_EXCEEDED')
  held.use(slot)
}
