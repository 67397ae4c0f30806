import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { type Setting, startServers } from '../constellation/servers.ts'
import type { Outcome } from '../history/history.ts'
import { attemptOf } from './attempt-of.ts'
import type { Contestant, Ticket } from './contestant.ts'

const CHANNEL = 'ended'
const LIFETIME_MS = 60_000

/** Sessions in memory for a minute, in front of Redis; who ends one deletes it and publishes that. */
export async function startPubSubCache(setting: Setting): Promise<Contestant> {
  await using started = new AsyncDisposableStack()
  const servers = started.use(await startServers(setting))
  const sentinels = servers.cluster.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
  const caches = new Map(
    ['c1', 'c2'].map((name) => [name, started.adopt(new SessionCache(sentinels), close)]),
  )
  const owned = started.move()

  return {
    servers,
    instances: [...caches.keys()],
    async signIn(name) {
      const cookie = randomBytes(16).toString('hex')
      await caches.get('c1')?.start(cookie)
      return { name, cookie }
    },
    decide: async (instance, ticket) => caches.get(instance)?.decide(ticket) ?? 'lost',
    end: (ticket) => attemptOf(ticket, async () => caches.get('c2')?.end(ticket)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function close(cache: SessionCache): void {
  cache[Symbol.dispose]()
}

class SessionCache implements Disposable {
  readonly #redis: Redis
  readonly #subscriber: Redis
  readonly #readAt = new Map<string, number>()

  constructor(sentinels: { readonly host: string; readonly port: number }[]) {
    this.#redis = new Redis({ sentinels, name: 'portcullis' })
    this.#subscriber = new Redis({ sentinels, name: 'portcullis' })
    for (const redis of [this.#redis, this.#subscriber]) redis.on('error', leaveToCommands)
    this.#subscriber.subscribe(CHANNEL).catch(leaveToCommands)
    this.#subscriber.on('message', (_, cookie: string) => this.#readAt.delete(cookie))
  }

  async start(cookie: string): Promise<void> {
    await this.#redis.set(`session:${cookie}`, 'ada')
  }

  async end({ cookie }: Ticket): Promise<void> {
    await this.#redis.del(`session:${cookie}`)
    this.#readAt.delete(cookie)
    await this.#redis.publish(CHANNEL, cookie)
  }

  async decide({ cookie }: Ticket): Promise<Outcome> {
    const readAt = this.#readAt.get(cookie) ?? Number.NEGATIVE_INFINITY
    if (performance.now() - readAt < LIFETIME_MS) return 'accepted'
    try {
      const found = await this.#redis.get(`session:${cookie}`)
      if (found === null) return 'refused'
      this.#readAt.set(cookie, performance.now())
      return 'accepted'
    } catch {
      return 'unverifiable'
    }
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect()
    this.#subscriber.disconnect()
  }
}

function leaveToCommands(): void {}
