import { GatewayError, toGatewayError } from '../errors.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Channels } from './channels.ts'
import {
  type CallMessage,
  isProcedurePath,
  type MessageId,
  parseClientFrame,
} from './client-message.ts'
import {
  type Channel,
  isSubscription,
  type PendingCall,
  type PendingCalls,
} from './pending-calls.ts'
import type { ChannelOwner } from './service-channel.ts'

export interface CallIntakeOptions {
  readonly limits: Pick<GatewayLimits, 'batchSize' | 'socketCalls' | 'socketSubscriptions'>
  readonly pending: PendingCalls
  readonly channels: Pick<Channels, 'of'>
  readonly owner: ChannelOwner
  /** Whether no further calls are taken, because the socket will end. */
  isDraining(): boolean
  /** Counts a call under the rate limits. @throws {GatewayError} `ERR_RATE_LIMITED` */
  countCall(path: string): void
  /** A channel is about to get a call. */
  onChannel(channel: Channel): void
  onRefused(message: CallMessage, error: GatewayError): void
}

/** Stands for whatever cannot be the path of a procedure. */
const ODD_PATH = '-'

/** Hands the calls of a client's frames to whoever answers them, or refuses them one by one. */
export class CallIntake {
  readonly #options: CallIntakeOptions

  constructor(options: CallIntakeOptions) {
    this.#options = options
  }

  /**
   * @param refusal Why no call of the frame may begin; undefined if they may.
   * @throws {GatewayError} `ERR_SOCKET_MESSAGE_INVALID`
   */
  take(text: string, refusal: GatewayError | undefined): void {
    const { isBatch, messages } = parseClientFrame(text)
    const isTooLarge = isBatch && messages.length > this.#options.limits.batchSize
    const error = isTooLarge ? new GatewayError('ERR_BATCH_TOO_LARGE') : refusal
    const groups = new Map<Channel, PendingCall[]>()
    for (const message of messages) {
      if (message.kind === 'stop') this.#stop(message.id)
      else if (error !== undefined) this.#options.onRefused(message, error)
      else this.#add(message, groups)
    }
    for (const [channel, calls] of groups) channel.send(calls, isBatch)
  }

  #add(message: CallMessage, groups: Map<Channel, PendingCall[]>): void {
    try {
      const channel = this.#channelFor(message)
      const call = this.#options.pending.add(message, channel)
      const group = groups.get(channel)
      if (group) group.push(call)
      else groups.set(channel, [call])
    } catch (error) {
      this.#options.onRefused(message, toGatewayError(error))
    }
  }

  #channelFor(message: CallMessage): Channel {
    const { pending, channels, owner, countCall, isDraining, onChannel } = this.#options
    const { id, path } = message
    if (isDraining()) throw new GatewayError('ERR_SOCKET_CLOSING')
    if (pending.has(id)) throw new GatewayError('ERR_SOCKET_ID_TAKEN')
    if (this.#isFullFor(message)) throw new GatewayError('ERR_SOCKET_CALLS_EXCEEDED')
    const isOdd = !isProcedurePath(path)
    countCall(isOdd ? ODD_PATH : path)
    const channel = isOdd ? undefined : channels.of(path, owner, pending)
    if (channel === undefined) throw new GatewayError('ERR_SERVICE_UNKNOWN')
    onChannel(channel)
    return channel
  }

  #isFullFor({ method }: CallMessage): boolean {
    const { pending, limits } = this.#options
    return method === 'subscription'
      ? pending.subscriptions >= limits.socketSubscriptions
      : pending.calls >= limits.socketCalls
  }

  #stop(id: MessageId): void {
    const call = this.#options.pending.get(id)
    if (call && isSubscription(call) && !call.isStopped) call.channel.stop(call)
  }
}
