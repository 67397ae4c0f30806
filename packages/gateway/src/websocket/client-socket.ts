import { setTimeout } from 'node:timers/promises'
import type { RawData, WebSocket } from 'ws'
import type { Authentication } from '../authenticator.ts'
import { GatewayError, toGatewayError } from '../errors.ts'
import type { OpenStream, OpenStreams } from '../forward/open-streams.ts'
import { StreamGuard } from '../forward/stream-guard.ts'
import type { GatewayLimits } from '../limits.ts'
import type { SocketCallRecord } from '../observe/observer.ts'
import { Admission } from './admission.ts'
import { CallIntake } from './call-intake.ts'
import type { Channels } from './channels.ts'
import { type CallMessage, isParams } from './client-message.ts'
import { closeCodeOf, RESTARTING, UNACCEPTABLE } from './close-codes.ts'
import { errorFrame, type GatewayFrames, RECONNECT } from './gateway-frames.ts'
import { KeepAlive } from './keep-alive.ts'
import { OutgoingFrames } from './outgoing-frames.ts'
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
  readonly #intake: CallIntake
  readonly #openedAt = performance.now()
  readonly #out: OutgoingFrames
  readonly #pongs = new Pongs(() => this.#out.write('PONG'))
  readonly #admission = new Admission({
    refusal: () => this.#authenticate(),
    accept: (text, refusal) => this.#accept(text, refusal),
    onWait: () => this.#socket.pause(),
    onIdle: () => this.#read(),
  })
  #retiredAt: number | undefined
  #ending: NodeJS.Timeout | undefined
  #isDraining = false
  #isEnding = false
  #isDone = false

  constructor(socket: WebSocket, options: ClientSocketOptions) {
    this.#socket = socket
    this.#options = options
    this.#keepAlive = new KeepAlive(socket, options.limits.socketIdleTimeoutMs)
    this.#out = new OutgoingFrames(socket, {
      bufferedBytes: options.limits.socketBufferedBytes,
      onFull: () => this.#hold(),
      onRoom: () => this.#goOn(),
    })
    this.#intake = this.#createIntake()
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    socket.on('error', () => {})
    socket.on('close', () => this.#onClose())
    options.openStreams.add(this)
    // Last: it may find at once that the session is over.
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
    this.#out.release()
    this.#goOn()
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
    if (!this.#out.isKeeping && (this.#guard?.mayPass(frame) ?? true)) {
      this.#out.write(frame)
    } else {
      this.#out.keep(frame)
      this.#hold()
      this.#options.openStreams.pause(this)
    }
    this.#shutIfDrained()
  }

  answer(frame: Buffer): void {
    if (this.#isEnding) this.#out.write(frame)
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

  #createIntake(): CallIntake {
    const { countCall, channels, limits } = this.#options
    return new CallIntake({
      limits,
      channels,
      pending: this.#pending,
      owner: this,
      isDraining: () => this.#isDraining,
      countCall: (path) => countCall(path, this.#guard !== undefined),
      onChannel: (channel) => this.#onChannel(channel),
      onRefused: (message, error) => this.#refuse(message, error),
    })
  }

  #onChannel(channel: Channel): void {
    if (!this.#channels.has(channel) && this.#out.isHeld) channel.pause()
    this.#channels.add(channel)
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
      else this.#intake.take(text, refusal)
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
    this.#out.write(Buffer.from(frames.error(new GatewayError('ERR_SOCKET_MESSAGE_INVALID'))))
    this.#shut(UNACCEPTABLE)
  }

  #refuse(message: CallMessage, error: GatewayError): void {
    const { id, path } = message
    this.#options.observe(message, error, 0)
    this.deliver(Buffer.from(this.#options.frames.error(error, id, path)))
  }

  /** The client does not read, or must not be told yet: what would only wait is not fetched, nor asked for. */
  #hold(): void {
    this.#socket.pause()
    for (const channel of this.#channels) channel.pause()
  }

  #goOn(): void {
    this.#read()
    if (!this.#out.isHeld) for (const channel of this.#channels) channel.resume()
  }

  #read(): void {
    if (!this.#out.isHeld && !this.#admission.isWaiting) this.#socket.resume()
  }

  #shutIfDrained(): void {
    const isIdle = this.#pending.calls === 0 && !this.#out.isKeeping
    if (this.#isDraining && isIdle && !this.#isDone) this.#shut(RESTARTING)
  }

  /** Nothing more comes in from services, nothing more goes out but a last word. */
  #stop(): void {
    this.#isDone = true
    this.#out.drop()
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
      this.#out.write(Buffer.from(this.#options.frames.error(error, id, path)))
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
