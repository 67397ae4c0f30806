import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import type { Contender } from './contender.ts'

/**
 * express-session with connect-redis as its documentation advises, in two servers with a connection each. A request counts
 * its views in the session, as the first example of the documentation does, and takes as long as the schedule says.
 */
export async function createExpressSession(redisUrl: string): Promise<Contender> {
  const gates = new Map<string, { readonly reached: () => void; readonly open: Promise<void> }>()
  const [requests, signOuts] = await Promise.all([
    startApp(redisUrl, gates),
    startApp(redisUrl, gates),
  ])
  let begun = 0

  return {
    async signIn() {
      const response = await fetch(`${requests.url}/sign-in`, { method: 'POST' })
      return response.headers.get('set-cookie')?.split(';')[0] ?? ''
    },

    async beginRequest(cookie) {
      begun += 1
      const reached = Promise.withResolvers<void>()
      const open = Promise.withResolvers<void>()
      gates.set(`${begun}`, { reached: reached.resolve, open: open.promise })
      const response = fetch(`${requests.url}/slow/${begun}`, { headers: { cookie } })
      await reached.promise
      return async () => {
        open.resolve()
        await (await response).text()
      }
    },

    async signOut(cookie) {
      const options = { method: 'POST', headers: { cookie } }
      await (await fetch(`${signOuts.url}/sign-out`, options)).text()
    },

    async isAlive(cookie) {
      const response = await fetch(`${signOuts.url}/me`, { headers: { cookie } })
      await response.text()
      return response.ok
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([requests.stop(), signOuts.stop()])
    },
  }
}

declare module 'express-session' {
  interface SessionData {
    user: string
    views: number
  }
}

type Gates = Map<string, { readonly reached: () => void; readonly open: Promise<void> }>

async function startApp(redisUrl: string, gates: Gates) {
  const client = createClient({ url: redisUrl })
  await client.connect()
  const app = express()
  const store = new RedisStore({ client })
  app.use(session({ store, secret: 'a secret', resave: false, saveUninitialized: false }))

  app.post('/sign-in', (request, response) => {
    request.session.user = 'ada'
    request.session.views = 0
    response.end()
  })
  app.get('/slow/:gate', async (request, response) => {
    const gate = gates.get(request.params.gate)
    gate?.reached()
    await gate?.open
    request.session.views = (request.session.views ?? 0) + 1
    response.end()
  })
  app.post('/sign-out', (request, response) => {
    request.session.destroy(() => response.end())
  })
  app.get('/me', (request, response) => {
    response.status(request.session.user ? 200 : 401).end()
  })

  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(server, client) }
}

async function stop(server: Server, client: { destroy(): void }) {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  client.destroy()
}
