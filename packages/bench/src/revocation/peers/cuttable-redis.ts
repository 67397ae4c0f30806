import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Whose connections lose what Redis sends on them, while they stay open: a dead route. */
export type Cut = 'none' | 'subscriber' | 'all'

/** A way to a Redis server that one instance has for itself. */
export interface CuttableRedis extends AsyncDisposable {
  readonly url: string
  cut(what: Cut): void
  /** Resets connections that have lost bytes, so that the client makes new ones. */
  heal(): void
}

/** A connection is a subscriber's from the moment it sends this command. */
const SUBSCRIBE = /\r\np?subscribe\r\n/i

interface Pair {
  readonly client: Socket
  readonly server: Socket
  isSubscriber: boolean
  hasLost: boolean
}

export async function startCuttableRedis(target: string): Promise<CuttableRedis> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let cut: Cut = 'none'

  const listener = createServer((client) => {
    const server = connect({ host: hostname, port: Number(port), noDelay: true })
    const pair = { client: client.setNoDelay(true), server, isSubscriber: false, hasLost: false }
    pairs.add(pair)
    client.on('data', (chunk) => {
      if (SUBSCRIBE.test(chunk.toString('latin1'))) pair.isSubscriber = true
      server.write(chunk)
    })
    server.on('data', (chunk) => {
      if (cut === 'all' || (cut === 'subscriber' && pair.isSubscriber)) pair.hasLost = true
      else client.write(chunk)
    })
    for (const socket of [client, server]) {
      socket.on('error', () => reset(pair))
      socket.on('close', () => {
        pairs.delete(pair)
        reset(pair)
      })
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')

  return {
    url: `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cut(what) {
      cut = what
    },
    heal() {
      cut = 'none'
      for (const pair of pairs) if (pair.hasLost) reset(pair)
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) reset(pair)
      listener.close()
      await once(listener, 'close')
    },
  }
}

function reset({ client, server }: Pair): void {
  client.destroy()
  server.destroy()
}
