import type { CallMessage, MessageId } from './client-message.ts'

/** Who answers calls of one client socket: a service, or the gateway itself. */
export interface Channel {
  /** @param isBatch Whether they came together. */
  send(calls: readonly PendingCall[], isBatch: boolean): void
  stop(call: PendingCall): void
  /** The client does not read: nothing more is taken from whoever answers. */
  pause(): void
  resume(): void
  /** Asked once a second. */
  check(): void
  close(): void
  /** Resolves when it has, after `close`, nothing more to say. */
  finished(): Promise<void>
}

/** A call that is not answered, or a subscription that goes on. */
export interface PendingCall {
  readonly message: CallMessage
  readonly channel: Channel
  /** Monotonic, milliseconds. */
  readonly since: number
  /** JSON text of the id of the last tracked event that went out. */
  eventId: string | undefined
  hasStarted: boolean
  isStopped: boolean
}

/** The calls of one client socket. */
export class PendingCalls {
  readonly #calls = new Map<MessageId, PendingCall>()
  #subscriptions = 0

  get subscriptions(): number {
    return this.#subscriptions
  }

  /** Queries and mutations. */
  get calls(): number {
    return this.#calls.size - this.#subscriptions
  }

  has(id: MessageId): boolean {
    return this.#calls.has(id)
  }

  add(message: CallMessage, channel: Channel): PendingCall {
    const since = performance.now()
    const state = { eventId: message.lastEventId, hasStarted: false, isStopped: false }
    const call: PendingCall = { message, channel, since, ...state }
    this.#calls.set(message.id, call)
    if (isSubscription(call)) this.#subscriptions++
    return call
  }

  get(id: MessageId): PendingCall | undefined {
    return this.#calls.get(id)
  }

  remove(call: PendingCall): void {
    if (this.#calls.get(call.message.id) !== call) return
    this.#calls.delete(call.message.id)
    if (isSubscription(call)) this.#subscriptions--
  }

  /** A copy: whoever goes through it may remove. */
  all(): PendingCall[] {
    return [...this.#calls.values()]
  }

  of(channel: Channel): PendingCall[] {
    return this.all().filter((call) => call.channel === channel)
  }
}

export function isSubscription({ message }: PendingCall): boolean {
  return message.method === 'subscription'
}
