import { createId } from '@portcullis/context'
import { Redis } from 'ioredis'
import { formatMessage } from './instances/subscribers.ts'

/** The least that a bus costs: what the enforcement of a revocation is compared with. */
export interface PlainPublisher extends AsyncDisposable {
  readonly channel: string
  readonly acks: string
  ping(): Promise<void>
  write(): Promise<void>
  publish(id: string): Promise<void>
  /** Resolves when this many receivers have said that they have it. */
  publishAcknowledged(receivers: number): Promise<void>
}

export async function startPlainPublisher(redisUrl: string): Promise<PlainPublisher> {
  const channel = 'bench:messages'
  const acks = 'bench:acks'
  const commands = new Redis(redisUrl)
  const listener = new Redis(redisUrl)
  let expected = { id: '', missing: 0, done: () => {} }

  listener.on('message', (_channel, id: string) => {
    if (id !== expected.id) return
    expected.missing -= 1
    if (expected.missing === 0) expected.done()
  })
  await Promise.all([listener.subscribe(acks), commands.ping()])

  return {
    channel,
    acks,
    async ping() {
      await commands.ping()
    },
    async write() {
      await commands.set('bench:value', 'x')
    },
    async publish(id) {
      await commands.publish(channel, formatMessage(id, false))
    },
    async publishAcknowledged(receivers) {
      const { promise, resolve: done } = Promise.withResolvers<void>()
      const id = createId('msg')
      expected = { id, missing: receivers, done }
      await Promise.all([commands.publish(channel, formatMessage(id, true)), promise])
    },
    async [Symbol.asyncDispose]() {
      commands.disconnect()
      listener.disconnect()
    },
  }
}
