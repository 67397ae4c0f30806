import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { fastifyCookie } from '@fastify/cookie'
import { fastifyHttpProxy } from '@fastify/http-proxy'
import { fastifySession } from '@fastify/session'
import { RedisStore } from 'connect-redis'
import { fastify } from 'fastify'
import { createClient } from 'redis'
import { answerParent } from '../../peers/peer-messages.ts'
import { createPerson, type Person } from '../person.ts'
import { settings, signInSchema } from './settings.ts'

declare module 'fastify' {
  interface Session {
    caller?: Person
  }
}

const client = createClient({ url: settings.redisUrl })
await client.connect()

const app = fastify()
await app.register(fastifyCookie)
// Not rolling: a request reads the session and writes nothing, which is the cheapest that its options allow.
await app.register(fastifySession, {
  secret: randomBytes(32).toString('base64url'),
  store: new RedisStore({ client }),
  cookie: { secure: false },
  saveUninitialized: false,
  rolling: false,
})
app.post('/sign-in', async (request) => {
  const { subject } = signInSchema.parse(request.body)
  request.session.caller = createPerson(subject)
  return { subject }
})
// Its own client, undici, with the pool that it has by default.
await app.register(fastifyHttpProxy, {
  upstream: settings.target,
  async preHandler(request, reply) {
    if (!request.session.caller) await reply.code(401).send()
  },
  replyOptions: {
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      'x-user-id': request.session.caller?.subject,
    }),
  },
})
await app.listen({ port: 0, host: '127.0.0.1' })
answerParent(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
