import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createSentinel } from 'redis'
import { request } from 'undici'
import { type Setting, startServers } from '../constellation/servers.ts'
import type { Outcome } from '../history/history.ts'
import { attemptOf } from './attempt-of.ts'
import type { Contestant } from './contestant.ts'

declare module 'express-session' {
  interface SessionData {
    user: string
  }
}

/** express-session with connect-redis: each request reads its session, and signing out deletes it. */
export async function startConnectRedis(setting: Setting): Promise<Contestant> {
  await using started = new AsyncDisposableStack()
  const servers = started.use(await startServers(setting))
  const ports = servers.cluster.sentinels.map(({ port }) => port)
  const apps = new Map([
    ['e1', started.use(await startApp(ports))],
    ['e2', started.use(await startApp(ports))],
  ])
  const urlOf = (instance: string) => apps.get(instance)?.url ?? ''
  const owned = started.move()

  return {
    servers,
    instances: [...apps.keys()],

    async signIn(name) {
      const { headers, body, statusCode } = await post(`${urlOf('e1')}/sign-in`)
      await body.dump()
      const [cookie = ''] = [headers['set-cookie']].flat()
      if (statusCode !== 200 || cookie === '') throw new Error('nobody was signed in')
      return { name, cookie: cookie.split(';')[0] ?? '' }
    },

    async decide(instance, { cookie }) {
      try {
        const { statusCode, body } = await request(`${urlOf(instance)}/me`, { headers: { cookie } })
        await body.dump()
        return OUTCOMES[statusCode] ?? 'unverifiable'
      } catch {
        return 'lost'
      }
    },

    end: (ticket) =>
      attemptOf(ticket, async () => {
        const { statusCode, body } = await post(`${urlOf('e2')}/sign-out`, ticket.cookie)
        await body.dump()
        if (statusCode !== 200) throw new Error('not signed out')
      }),

    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const OUTCOMES: Readonly<Record<number, Outcome>> = { 200: 'accepted', 401: 'refused' }

function post(url: string, cookie?: string) {
  return request(url, { method: 'POST', headers: cookie === undefined ? {} : { cookie } })
}

async function startApp(sentinels: readonly number[]): Promise<AsyncDisposable & { url: string }> {
  const client = createSentinel({
    name: 'portcullis',
    sentinelRootNodes: sentinels.map((port) => ({ host: '127.0.0.1', port })),
  })
  client.on('error', leaveToCommands)
  await client.connect()
  const app = express()
  const store = new RedisStore({ client })
  app.use(session({ store, secret: 'a secret', resave: false, saveUninitialized: false }))
  app.post('/sign-in', (request, response) => {
    request.session.user = 'ada'
    response.end()
  })
  app.post('/sign-out', (request, response) => {
    request.session.destroy((error: unknown) => response.status(error ? 503 : 200).end())
  })
  app.get('/me', (request, response) => {
    response.status(request.session.user ? 200 : 401).end()
  })
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await client.close().catch(leaveToCommands)
    },
  }
}

function leaveToCommands(): void {}
