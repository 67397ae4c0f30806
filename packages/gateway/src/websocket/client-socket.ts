import { setTimeout } from 'node:timers/promises'
import type { RawData, WebSocket } from 'ws'
import type { Authentication } from '../authenticator.ts'
import { GatewayError, toGatewayError } from '../errors.ts'
import type { OpenStream, OpenStreams } from '../forward/open-streams.ts'
import { StreamGuard } from '../forward/stream-guard.ts'
import type { GatewayLimits } from '../limits.ts'
import type { SocketCallRecord } from '../observe/observer.ts'
import { Admission } from './admission.ts'
import type { Channels } from './channels.ts'
import {
  type CallMessage,
  isParams,
  isProcedurePath,
  type MessageId,
  parseClientFrame,
} from './client-message.ts'
import { closeCodeOf, RESTARTING, UNACCEPTABLE } from './close-codes.ts'
import { errorFrame, type GatewayFrames, RECONNECT } from './gateway-frames.ts'
import { KeepAlive } from './keep-alive.ts'
import { type Channel, isSubscription, type PendingCall, PendingCalls } from './pending-calls.ts'
import { Pongs } from './pongs.ts'
import type { ChannelOwner } from './service-channel.ts'

export interface ClientSocketOptions {
  readonly limits: GatewayLimits
  readonly openStreams: OpenStreams
  readonly frames: GatewayFrames
  /** Whose socket it is, as found at the upgrade; undefined for nobody's. */
  readonly authentication: Authentication | undefined
  /** Who the cookie of the upgrade stands for now. */
  authenticate(): Authentication | undefined | Promise<Authentication | undefined>
  /** Resolves when all that was said so far is applied. */
  catchUp(): Promise<void>
  readonly channels: Channels
  /** Counts a call under the rate limits. @throws {GatewayError} `ERR_RATE_LIMITED` */
  countCall(path: string, isSignedIn: boolean): void
  /** Learns of each call that has ended. */
  observe(call: CallMessage, outcome: SocketCallRecord['outcome'], durationMs: number): void
}

/** Stands for whatever cannot be the path of a procedure. */
const ODD_PATH = '-'
/** How long a client has to move to another socket, once told so, milliseconds. */
const RETIREMENT_MS = 20_000
/** How long the other end has to answer a close, and calls of one's own to finish before it, milliseconds. */
const CLOSE_GRACE_MS = 2_000

/** One client's socket: its calls, who answers them, and whether anything may go out. */
export class ClientSocket implements OpenStream, ChannelOwner {
  readonly #socket: WebSocket
  readonly #options: ClientSocketOptions
  readonly #pending = new PendingCalls()
  readonly #channels = new Set<Channel>()
  readonly #keepAlive: KeepAlive
  readonly #guard: StreamGuard | undefined
  readonly #openedAt = performance.now()
  readonly #pongs = new Pongs(() => this.#write(Buffer.from('PONG')))
  readonly #admission = new Admission({
    refusal: () => this.#authenticate(),
    accept: (text, refusal) => this.#accept(text, refusal),
    onWait: () => this.#socket.pause(),
    onIdle: () => this.#read(),
  })
  #kept: Buffer[] = []
  #retiredAt: number | undefined
  #ending: NodeJS.Timeout | undefined
  #isDraining = false
  #isEnding = false
  #isFull = false
  #isDone = false

  constructor(socket: WebSocket, options: ClientSocketOptions) {
    this.#socket = socket
    this.#options = options
    this.#keepAlive = new KeepAlive(socket, options.limits.socketIdleTimeoutMs)
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    socket.on('error', () => {})
    socket.on('close', () => this.#onClose())
    options.openStreams.add(this)
    this.#guard = this.#createGuard()
  }

  get session() {
    return this.#options.authentication?.session
  }

  check(): void {
    this.#guard?.check()
    if (this.#isDone) return
    this.#keepAlive.check()
    for (const channel of this.#channels) channel.check()
    const now = performance.now()
    const { socketLifetimeMs, drainTimeoutMs } = this.#options.limits
    if (this.#channels.size > 0 && now - this.#openedAt > socketLifetimeMs) this.retire()
    const graceMs = this.#isDraining ? drainTimeoutMs - CLOSE_GRACE_MS : RETIREMENT_MS
    if (this.#retiredAt !== undefined && now - this.#retiredAt > graceMs) this.#shut(RESTARTING)
  }

  tryResume(): boolean {
    if (this.#isDone) return true
    if (!this.#guard?.mayGoOn()) return false
    const kept = this.#kept
    this.#kept = []
    for (const frame of kept) this.#write(frame)
    this.#read()
    if (!this.#isFull) for (const channel of this.#channels) channel.resume()
    return true
  }

  /** The gateway closes: calls are answered, then the client is sent elsewhere. */
  close(): void {
    this.#isDraining = true
    this.#shutIfDrained()
    this.retire()
  }

  deliver(frame: Buffer): void {
    if (this.#isDone) return
    if (this.#kept.length === 0 && (this.#guard?.mayPass(frame) ?? true)) {
      this.#write(frame)
    } else {
      this.#kept.push(frame)
      this.#socket.pause()
      for (const channel of this.#channels) channel.pause()
      this.#options.openStreams.pause(this)
    }
    this.#shutIfDrained()
  }

  answer(frame: Buffer): void {
    if (this.#isEnding) this.#write(frame)
    else this.deliver(frame)
  }

  settle(call: PendingCall, outcome: SocketCallRecord['outcome'] = 'OK'): void {
    this.#pending.remove(call)
    this.#options.observe(call.message, outcome, performance.now() - call.since)
    // Behind the frame with which it was settled, which goes out in this step.
    if (call.isStopped) queueMicrotask(() => this.#pongs.settled(call))
  }

  fail(call: PendingCall, error: GatewayError): void {
    // What is left when the socket ends gets the reason for that.
    if (this.#isDone) return
    const { id, path } = call.message
    this.settle(call, error)
    this.deliver(Buffer.from(this.#options.frames.error(error, id, path)))
  }

  failWith(call: PendingCall, error: string): void {
    if (this.#isDone) return
    this.settle(call, 'FAILED')
    this.deliver(Buffer.from(errorFrame(call.message.id, error)))
  }

  retire(): void {
    if (this.#retiredAt !== undefined || this.#isDone) return
    this.#retiredAt = performance.now()
    this.deliver(Buffer.from(RECONNECT))
  }

  #createGuard(): StreamGuard | undefined {
    const { authentication, authenticate, catchUp, limits } = this.#options
    if (authentication === undefined) return undefined
    const reauthenticate = async () => authenticate()
    return new StreamGuard(
      authentication,
      { reauthenticate, catchUp, pauseMs: limits.streamPauseMs },
      {
        onVerdictPending: () => this.#stop(),
        onVerdict: (error) => void this.#end(error),
      },
    )
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#keepAlive.heard()
    if (this.#isDone) return
    const text = isBinary || !Buffer.isBuffer(data) ? undefined : data.toString()
    if (text === 'PONG') return
    // It tells nothing of anybody, and a client that waits for it in vain would leave.
    if (text === 'PING') this.#pongs.asked(this.#pending.all().filter(({ isStopped }) => isStopped))
    else this.#admission.take(text)
  }

  /** Undefined when all is well. Notes that the session is in use. */
  #authenticate(): GatewayError | undefined | Promise<GatewayError | undefined> {
    if (this.#guard === undefined) return undefined
    const found = this.#options.authenticate()
    if (found instanceof Promise) return found.then(toEnd)
    return toEnd(found)
  }

  #accept(text: string | undefined, refusal: GatewayError | undefined): void {
    if (this.#isDone) return
    if (refusal?.code === 'ERR_SESSION_REVOKED') {
      this.#stop()
      void this.#end(refusal)
      return
    }
    const { channels } = this.#options
    try {
      if (text === undefined) throw new GatewayError('ERR_SOCKET_MESSAGE_INVALID')
      if (channels.hasParams && channels.params === undefined) this.#takeParams(text)
      else this.#take(text, refusal)
    } catch (error) {
      this.deliver(Buffer.from(this.#options.frames.error(toGatewayError(error))))
    }
  }

  /** What they say is for the services; each reads them when a socket to it is opened. */
  #takeParams(text: string): void {
    const { channels, limits, frames } = this.#options
    if (text.length <= limits.heldBodyBytes && isParams(text)) {
      channels.params = text
      return
    }
    this.#write(Buffer.from(frames.error(new GatewayError('ERR_SOCKET_MESSAGE_INVALID'))))
    this.#shut(UNACCEPTABLE)
  }

  #take(text: string, refusal: GatewayError | undefined): void {
    const { isBatch, messages } = parseClientFrame(text)
    const isTooLarge = isBatch && messages.length > this.#options.limits.batchSize
    const error = isTooLarge ? new GatewayError('ERR_BATCH_TOO_LARGE') : refusal
    const groups = new Map<Channel, PendingCall[]>()
    for (const message of messages) {
      if (message.kind === 'stop') this.#stopCall(message.id)
      else if (error !== undefined) this.#refuse(message, error)
      else this.#add(message, groups)
    }
    for (const [channel, calls] of groups) channel.send(calls, isBatch)
  }

  #add(message: CallMessage, groups: Map<Channel, PendingCall[]>): void {
    try {
      const channel = this.#channelFor(message)
      const call = this.#pending.add(message, channel)
      const group = groups.get(channel)
      if (group) group.push(call)
      else groups.set(channel, [call])
    } catch (error) {
      this.#refuse(message, toGatewayError(error))
    }
  }

  #channelFor({ id, path, method }: CallMessage): Channel {
    const { limits, channels } = this.#options
    if (this.#isDraining) throw new GatewayError('ERR_SOCKET_CLOSING')
    if (this.#pending.has(id)) throw new GatewayError('ERR_SOCKET_ID_TAKEN')
    const isFull =
      method === 'subscription'
        ? this.#pending.subscriptions >= limits.socketSubscriptions
        : this.#pending.calls >= limits.socketCalls
    if (isFull) throw new GatewayError('ERR_SOCKET_CALLS_EXCEEDED')
    const isOdd = !isProcedurePath(path)
    this.#options.countCall(isOdd ? ODD_PATH : path, this.#guard !== undefined)
    const channel = isOdd ? undefined : channels.of(path, this, this.#pending)
    if (channel === undefined) throw new GatewayError('ERR_SERVICE_UNKNOWN')
    if (!this.#channels.has(channel) && (this.#isFull || this.#kept.length > 0)) channel.pause()
    this.#channels.add(channel)
    return channel
  }

  #refuse(message: CallMessage, error: GatewayError): void {
    const { id, path } = message
    this.#options.observe(message, error, 0)
    this.deliver(Buffer.from(this.#options.frames.error(error, id, path)))
  }

  #stopCall(id: MessageId): void {
    const call = this.#pending.get(id)
    if (call && isSubscription(call) && !call.isStopped) call.channel.stop(call)
  }

  #write(frame: Buffer): void {
    this.#socket.send(frame, { binary: false }, () => this.#onSent())
    if (this.#isFull || this.#socket.bufferedAmount <= this.#options.limits.socketBufferedBytes) {
      return
    }
    this.#isFull = true
    // What is answered without asking anybody would pile up as well.
    this.#socket.pause()
    for (const channel of this.#channels) channel.pause()
  }

  #read(): void {
    const isHeld = this.#isFull || this.#kept.length > 0 || this.#admission.isWaiting
    if (!isHeld) this.#socket.resume()
  }

  #onSent(): void {
    const { socketBufferedBytes } = this.#options.limits
    if (!this.#isFull || this.#socket.bufferedAmount > socketBufferedBytes / 2) return
    this.#isFull = false
    this.#read()
    if (this.#kept.length === 0) for (const channel of this.#channels) channel.resume()
  }

  #shutIfDrained(): void {
    const isIdle = this.#pending.calls === 0 && this.#kept.length === 0
    if (this.#isDraining && isIdle && !this.#isDone) this.#shut(RESTARTING)
  }

  /** Nothing more comes in from services, nothing more goes out but a last word. */
  #stop(): void {
    this.#isDone = true
    this.#kept = []
    for (const channel of this.#channels) channel.close()
  }

  /**
   * Each call gets the reason. Subscriptions get it only if it is final: from an error their client does not come back,
   * from a closed socket it does. What the gateway itself was changing, maybe this very session, is answered before.
   */
  async #end(error: GatewayError): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    const finished = Promise.all([...this.#channels].map((channel) => channel.finished()))
    await Promise.race([finished, setTimeout(CLOSE_GRACE_MS, undefined, { ref: false })])
    const isFinal = error.code === 'ERR_SESSION_REVOKED'
    for (const call of this.#pending.all()) {
      this.settle(call, error)
      if (isSubscription(call) && !isFinal) continue
      const { id, path } = call.message
      this.#write(Buffer.from(this.#options.frames.error(error, id, path)))
    }
    this.#shut(closeCodeOf(error), error.code)
  }

  #shut(code: number, reason = ''): void {
    this.#stop()
    this.#socket.close(code, reason)
    this.#ending = globalThis.setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS)
  }

  #onClose(): void {
    this.#stop()
    // The client has left: what it did not wait for was no failure of anybody.
    for (const call of this.#pending.all()) this.settle(call)
    this.#pongs[Symbol.dispose]()
    clearTimeout(this.#ending)
    this.#options.openStreams.remove(this)
    this.#guard?.[Symbol.dispose]()
  }
}

function toEnd(found: Authentication | undefined): GatewayError | undefined {
  return found === undefined ? new GatewayError('ERR_SESSION_REVOKED') : undefined
}
