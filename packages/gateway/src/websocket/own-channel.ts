import { GatewayError, toGatewayError } from '../errors.ts'
import type { OwnProcedures } from '../procedures/own-procedures.ts'
import type { CallOrigin } from '../request/call.ts'
import type { PlainResult } from '../respond/reply.ts'
import type { MessageId } from './client-message.ts'
import { eventsOf } from './own-events.ts'
import {
  type Channel,
  isSubscription,
  type PendingCall,
  type PendingCalls,
} from './pending-calls.ts'
import type { ChannelOwner } from './service-channel.ts'

export interface OwnChannelOptions {
  readonly own: OwnProcedures
  readonly call: CallOrigin
  readonly pending: PendingCalls
  readonly owner: ChannelOwner
  /** One call's answer in the transformer's envelope. */
  element(result: PlainResult): string
}

interface Running {
  readonly controller: AbortController
  readonly done: Promise<void>
  /** A mutation: it is not broken off when the socket ends, which it may be the reason for. */
  readonly isChange: boolean
}

/** Procedures that set or remove the session cookie, which only an HTTP response can do. */
const NEEDS_HTTP: ReadonlySet<string> = new Set([
  'session.signIn',
  'session.signOut',
  'session.reauthenticate',
  'session.changePassword',
])

/** One client's calls to the gateway's own procedures. */
export class OwnChannel implements Channel {
  readonly #options: OwnChannelOptions
  readonly #running = new Map<MessageId, Running>()

  constructor(options: OwnChannelOptions) {
    this.#options = options
  }

  send(calls: readonly PendingCall[]): void {
    for (const call of calls) {
      const controller = new AbortController()
      const { id, method } = call.message
      const done = this.#run(call, controller.signal).finally(() => this.#running.delete(id))
      this.#running.set(id, { controller, done, isChange: method === 'mutation' })
    }
  }

  stop({ message }: PendingCall): void {
    this.#running.get(message.id)?.controller.abort()
  }

  pause(): void {}

  resume(): void {}

  check(): void {}

  close(): void {
    for (const { controller, isChange } of this.#running.values()) if (!isChange) controller.abort()
  }

  async finished(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ isChange, done }) => isChange && done))
  }

  async #run(call: PendingCall, signal: AbortSignal): Promise<void> {
    try {
      if (NEEDS_HTTP.has(call.message.path)) throw new GatewayError('ERR_HTTP_REQUIRED')
      if (isSubscription(call)) await this.#subscribe(call, signal)
      else await this.#answer(call, signal)
    } catch (error) {
      this.#options.owner.fail(call, toGatewayError(error))
    }
  }

  async #answer(call: PendingCall, signal: AbortSignal): Promise<void> {
    const { own, owner, element } = this.#options
    const { results } = await own.answer(this.#requestOf(call, signal))
    const [result = {}] = results
    if (result.error !== undefined) {
      owner.failWith(call, textOf(element(result), '{"error":'))
      return
    }
    const data = textOf(element(result), '{"result":{', 2)
    this.#finish(call, `{"type":"data"${data && `,${data}`}}`)
  }

  async #subscribe(call: PendingCall, signal: AbortSignal): Promise<void> {
    const { own, owner } = this.#options
    if (!own.isSubscription(call.message.path)) throw new GatewayError('ERR_SERVICE_UNKNOWN')
    const { body } = await own.subscribe(this.#requestOf(call, signal))
    this.#deliver(call, '{"type":"started"}')
    for await (const { event, data } of eventsOf(body)) {
      if (event === 'message') this.#deliver(call, `{"type":"data","data":${data}}`)
      if (event === 'serialized-error') {
        owner.failWith(call, data)
        return
      }
    }
    this.#finish(call, '{"type":"stopped"}')
  }

  /** As if it had come by HTTP: a query with its input in the URL, a mutation with a body. */
  #requestOf({ message }: PendingCall, signal: AbortSignal) {
    const { path, input } = message
    const isMutation = message.method === 'mutation'
    const encoded = input === undefined || isMutation ? undefined : encodeURIComponent(input)
    const target = { paths: [path], isBatch: false, extras: [], input: encoded }
    const method = isMutation ? ('POST' as const) : ('GET' as const)
    const body = isMutation ? input : undefined
    return { call: { ...this.#options.call, method }, target, body, signal }
  }

  #finish(call: PendingCall, result: string): void {
    this.#options.owner.settle(call)
    this.#deliver(call, result)
  }

  #deliver({ message }: PendingCall, result: string): void {
    this.#options.owner.answer(Buffer.from(`{"id":${message.id},"result":${result}}`))
  }
}

function textOf(element: string, prefix: string, closers = 1): string {
  return element.slice(prefix.length, -closers)
}
