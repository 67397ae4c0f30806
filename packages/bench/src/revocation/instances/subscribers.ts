import { Redis } from 'ioredis'
import { createReceiptsOf } from './receipts-of.ts'
import type { Receivers } from './receivers.ts'

export interface SubscribersOptions {
  readonly redisUrl: string
  readonly count: number
  readonly channel: string
  /** Where to say that a message has been received, if it asks for that. */
  readonly acks: string
}

/** A message: its id, whether to acknowledge it, and filling up to the size of a hint. */
export function formatMessage(id: string, acknowledge: boolean): string {
  return `${id} ${acknowledge ? 'ack' : 'silent'} `.padEnd(HINT_BYTES, '.')
}

/** Characters of a hint about one session. */
const HINT_BYTES = 200

/** The plainest that receive and answer: two sockets each, like a follower, no parsing and no coalescing. */
export async function startSubscribers(options: SubscribersOptions): Promise<Receivers> {
  const { count, redisUrl, channel, acks } = options
  const receipts = createReceiptsOf(count)
  const sockets: Redis[] = []

  async function start() {
    const subscriber = new Redis(redisUrl)
    const answers = new Redis(redisUrl)
    sockets.push(subscriber, answers)
    subscriber.on('message', (_channel, message: string) => {
      const [id = '', kind] = message.split(' ', 2)
      receipts.note(id)
      if (kind === 'ack') answers.publish(acks, id).catch(failLoudly)
    })
    await Promise.all([subscriber.subscribe(channel), answers.ping()])
  }

  await Promise.all(Array.from({ length: count }, start))
  return {
    receipts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.disconnect()
    },
  }
}

function failLoudly(error: unknown): never {
  throw error
}
