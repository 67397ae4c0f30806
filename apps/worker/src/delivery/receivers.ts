import { TRPCError } from '@trpc/server'
import type { Deliveries } from './deliveries.ts'
import type { Feed } from './feed.ts'
import type { Receiver } from './receiver.ts'

/** A receiver as administrators see it. */
export interface ReceiverView {
  readonly name: string
  readonly kind: Receiver['kind']
  /** Without its path. */
  readonly origin: string
  readonly events: readonly string[]
  /** Number of the last entry of the audit trail that was looked at for it. */
  readonly upTo: string
  /** Events under way. */
  readonly pending: number
  /** Events that were given up, of the last 30 days. */
  readonly dead: number
  /** Why the oldest one under way was not taken; null if it has not failed. */
  readonly failure: string | null
}

/** Who is told of events. */
export interface Receivers {
  list(): Promise<ReceiverView[]>
  /**
   * Tells a receiver of everything after a place of the trail, anew if it was told before.
   *
   * @throws {TRPCError} `NOT_FOUND`, or `BAD_REQUEST` if the trail has not got to that place.
   */
  replay(name: string, after: number): Promise<void>
}

export function createReceivers(options: {
  receivers: readonly Receiver[]
  deliveries: Pick<Deliveries, 'list' | 'replay'>
  feeds: ReadonlyMap<string, Pick<Feed, 'wake'>>
}): Receivers {
  const { receivers, deliveries, feeds } = options
  return {
    async list() {
      const states = await deliveries.list(receivers.map(({ name }) => name))
      return receivers.flatMap((receiver) => {
        const state = states.find(({ receiver: name }) => name === receiver.name)
        return state ? [toView(receiver, state)] : []
      })
    },
    async replay(name, after) {
      const feed = feeds.get(name)
      if (!feed) throw noReceiver()
      const replayed = await deliveries.replay(name, after)
      if (replayed === 'unknown') throw noReceiver()
      if (replayed === 'ahead') throw noSuchPlace()
      feed.wake()
    },
  }
}

export const noReceiver = () =>
  new TRPCError({ code: 'NOT_FOUND', message: 'There is no such receiver' })

const noSuchPlace = () =>
  new TRPCError({ code: 'BAD_REQUEST', message: 'The audit trail has not got to that number' })

type State = Awaited<ReturnType<Deliveries['list']>>[number]

function toView(
  { name, kind, url, events }: Receiver,
  { lastNumber, pending, dead, failure }: State,
): ReceiverView {
  const { origin } = new URL(url)
  return { name, kind, origin, events, upTo: String(lastNumber), pending, dead, failure }
}
