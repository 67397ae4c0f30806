import type { AddressInfo } from 'node:net'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver } from 'bentocache/drivers/redis'
import { RedisStore } from 'connect-redis'
import express, { type ErrorRequestHandler } from 'express'
import session, { type SessionData, Store } from 'express-session'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { z } from 'zod'
import { answerParent } from '../../../peers/peer-messages.ts'

const { redisUrl, secret, boundMs } = z
  .object({ redisUrl: z.string(), secret: z.string(), boundMs: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ''))

declare module 'express-session' {
  interface SessionData {
    name?: string
  }
}

type Done = (error?: unknown, session?: SessionData | null) => void

/** Sessions of connect-redis, kept in memory for a while and dropped there when the bus says so. */
class CachedStore extends Store {
  readonly #store: RedisStore
  readonly #cache = new BentoCache({
    default: 'sessions',
    stores: {
      sessions: bentostore()
        .useL1Layer(memoryDriver({ maxItems: 10_000 }))
        .useBus(redisBusDriver({ connection: new Redis(redisUrl) })),
    },
  })

  constructor(store: RedisStore) {
    super()
    this.#store = store
  }

  override get(id: string, done: Done): void {
    const found = this.#cache.getOrSet<SessionData | null>({
      key: id,
      ttl: boundMs,
      factory: () => this.#store.get(id),
    })
    found.then((data) => done(null, data), done)
  }

  override set(id: string, data: SessionData, done: Done = () => {}): void {
    this.#store
      .set(id, data)
      .then(() => this.#cache.delete({ key: id }))
      .then(() => done(), done)
  }

  override destroy(id: string, done: Done = () => {}): void {
    this.#store
      .destroy(id)
      .then(() => this.#cache.delete({ key: id }))
      .then(() => done(), done)
  }
}

const client = createClient({ url: redisUrl })
client.on('error', () => {})
await client.connect()
const app = express()
app.use(
  session({
    store: new CachedStore(new RedisStore({ client })),
    secret,
    resave: false,
    saveUninitialized: false,
  }),
)
app.post('/sign-in', (request, response) => {
  request.session.name = 'ada'
  request.session.save((error: unknown) => response.status(error ? 500 : 200).end())
})
app.get('/me', ({ session: { name } }, response) => {
  response.status(name === undefined ? 401 : 200).end(name)
})
app.post('/sign-out', (request, response) => {
  request.session.destroy((error: unknown) => response.status(error ? 500 : 200).end())
})
const refuse: ErrorRequestHandler = (_error, _request, response, _next) => {
  response.status(503).end()
}
app.use(refuse)
const server = app.listen(0, '127.0.0.1', () => {
  answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
