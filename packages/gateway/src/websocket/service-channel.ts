import type { Position } from '@portcullis/context'
import type { RawData, WebSocket } from 'ws'
import { GatewayError, toGatewayError } from '../errors.ts'
import type { GatewayLimits } from '../limits.ts'
import { formatCall, formatStop } from './client-message.ts'
import type { Dialled } from './dial.ts'
import {
  type Channel,
  isSubscription,
  type PendingCall,
  type PendingCalls,
} from './pending-calls.ts'
import { Resumption } from './resumption.ts'
import { parseServiceFrame, type ServiceFrame } from './service-frame.ts'
import { Wire } from './wire.ts'

export interface ServiceChannelOptions {
  readonly limits: GatewayLimits
  readonly pending: PendingCalls
  readonly owner: ChannelOwner
  /** The first frame of each socket to the service; undefined for none. */
  readonly params: string | undefined
  /** @param notBefore The context must be at least as recent as this place in the log. */
  dial(notBefore?: Position): Promise<Dialled>
  catchUp(position: Position): Promise<void>
}

/** The client's side. */
export interface ChannelOwner {
  /** Passes a frame on as it is. */
  deliver(frame: Buffer): void
  /** Passes on what the gateway itself answers, also when it is the answer to what ended the session. */
  answer(frame: Buffer): void
  /** The call has been answered, well unless told otherwise. */
  settle(call: PendingCall, outcome?: 'FAILED'): void
  fail(call: PendingCall, error: GatewayError): void
  /** @param error JSON text, in the transformer's envelope. */
  failWith(call: PendingCall, error: string): void
  /** Has the client open another socket, and move its subscriptions to it. */
  retire(): void
}

/**
 * One client's calls to one service, over a socket that is opened with the first of them. If that socket is lost, its
 * queries and mutations fail; its subscriptions go on after their last event as soon as the service is back.
 */
export class ServiceChannel implements Channel {
  readonly #options: ServiceChannelOptions
  readonly #resumption: Resumption
  readonly #wire: Wire
  #isConnecting = false
  #isClosed = false
  #isPaused = false
  /** Why the service refused the connection, JSON text. */
  #rejection: string | undefined

  constructor(options: ServiceChannelOptions) {
    this.#options = options
    this.#wire = new Wire(options.limits)
    this.#resumption = new Resumption(options.limits.socketResumeMs, () => this.#connect())
  }

  send(calls: readonly PendingCall[], isBatch: boolean): void {
    const texts = calls.map(({ message }) => formatCall(message))
    const frames = isBatch && texts.length > 1 ? [`[${texts.join(',')}]`] : texts
    if (!this.#wire.send(frames)) this.#failAll(calls, new GatewayError('ERR_SERVICE_BUSY'))
    else if (!this.#wire.isOpen) this.#connect()
  }

  stop(call: PendingCall): void {
    call.isStopped = true
    this.#wire.send([formatStop(call.message.id)])
    // The service says when it has stopped; without one there is nobody to wait for.
    if (!this.#wire.isOpen) this.#options.owner.settle(call)
  }

  pause(): void {
    this.#isPaused = true
    this.#wire.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#wire.resume()
  }

  check(): void {
    const { limits, pending, owner } = this.#options
    const oldest = performance.now() - limits.upstreamTimeoutMs
    for (const call of pending.of(this)) {
      if (isSubscription(call) || call.since > oldest) continue
      owner.fail(call, new GatewayError('ERR_SERVICE_TIMEOUT'))
    }
    if (!this.#isPaused) this.#wire.check()
  }

  close(): void {
    this.#isClosed = true
    this.#resumption.stop()
    this.#wire.close()
  }

  async finished(): Promise<void> {}

  #connect(): void {
    if (this.#isConnecting || this.#isClosed) return
    this.#isConnecting = true
    this.#resumption.stop()
    this.#dial().then(
      (socket) => this.#begin(socket),
      (error) => this.#lost(toGatewayError(error)),
    )
  }

  async #dial(): Promise<WebSocket> {
    const { dial, catchUp } = this.#options
    let dialled = await dial()
    if ('staleSince' in dialled) {
      await catchUp(dialled.staleSince)
      dialled = await dial(dialled.staleSince)
    }
    if ('staleSince' in dialled) throw new GatewayError('ERR_CONTEXT_STALE')
    return dialled.socket
  }

  #begin(socket: WebSocket): void {
    this.#isConnecting = false
    if (this.#isClosed) {
      socket.terminate()
      return
    }
    this.#rejection = undefined
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    socket.on('close', () => this.#lost(new GatewayError('ERR_SERVICE_UNREACHABLE')))
    this.#wire.open(socket, this.#options.params)
    if (!this.#isPaused) this.#wire.resume()
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#wire.heard()
    if (isBinary || !Buffer.isBuffer(data) || this.#isClosed) return
    const text = data.toString()
    if (text === 'PING') this.#wire.send(['PONG'])
    const frame = parseServiceFrame(text)
    if (frame !== undefined) this.#onFrame(frame, data)
  }

  #onFrame(frame: ServiceFrame, data: Buffer): void {
    const { owner, pending } = this.#options
    if (frame.kind === 'reconnect') owner.retire()
    else if (frame.kind === 'rejection') this.#onRejection(frame.error, data)
    else {
      const call = pending.get(frame.id)
      // A service answers what it was asked, and nothing else.
      if (call?.channel === this) this.#onAnswer(call, frame, data)
    }
  }

  /** About the connection if that ends now; else about something that was sent, and the client's to know. */
  #onRejection(error: string, data: Buffer): void {
    this.#rejection = error
    setTimeout(() => {
      if (this.#rejection !== error || this.#isClosed) return
      this.#rejection = undefined
      this.#options.owner.deliver(data)
    }, REJECTION_MS).unref()
  }

  #onAnswer(call: PendingCall, frame: ServiceFrame & { id: string }, data: Buffer): void {
    const { owner } = this.#options
    this.#resumption.succeeded()
    if (frame.kind === 'started') {
      if (!call.hasStarted) owner.deliver(data)
      call.hasStarted = true
    } else if (frame.kind === 'error' && isSubscription(call) && isPassing(frame.error)) {
      owner.retire()
    } else {
      if (frame.kind === 'data') call.eventId = frame.eventId ?? call.eventId
      const isLast = frame.kind !== 'data' || !isSubscription(call)
      if (isLast) owner.settle(call, frame.kind === 'error' ? 'FAILED' : undefined)
      owner.deliver(data)
    }
  }

  #lost(error: GatewayError): void {
    this.#isConnecting = false
    this.#wire.lose()
    if (this.#isClosed) return
    const { owner, pending, limits } = this.#options
    const mayResume =
      this.#rejection === undefined && isPassingFailure(error) && this.#resumption.mayGoOn()
    const kept: string[] = []
    for (const call of pending.of(this)) {
      if (call.isStopped) owner.settle(call)
      else if (this.#rejection !== undefined) owner.failWith(call, this.#rejection)
      else if (!mayResume || !isResumable(call, limits)) owner.fail(call, error)
      else kept.push(formatCall(call.message, call.eventId))
    }
    if (kept.length === 0) {
      this.#resumption.succeeded()
      return
    }
    this.#wire.send(kept)
    this.#resumption.schedule()
  }

  #failAll(calls: readonly PendingCall[], error: GatewayError): void {
    for (const call of calls) this.#options.owner.fail(call, error)
  }
}

/** For so long an error without an id may be followed by the end of the connection that it is about, milliseconds. */
const REJECTION_MS = 100

/** Refusals of our own services that hold for one connection only: on another, the subscription goes on. */
const PASSING = /"ERR_(?:CONTEXT_(?:REVOKED|STALE|EXPIRED)|STREAM_EXPIRED|DRAINING|UNVERIFIABLE)"/

function isPassing(error: string): boolean {
  return PASSING.test(error)
}

function isPassingFailure({ code }: GatewayError): boolean {
  return (
    code === 'ERR_SERVICE_UNREACHABLE' ||
    code === 'ERR_SERVICE_RESPONSE_INVALID' ||
    code === 'ERR_UNVERIFIABLE'
  )
}

function isResumable(call: PendingCall, { heldBodyBytes }: GatewayLimits): boolean {
  return isSubscription(call) && (call.message.input?.length ?? 0) <= heldBodyBytes
}
