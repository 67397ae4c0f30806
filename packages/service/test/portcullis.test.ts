import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KeyRing } from '@portcullis/context'
import { eventually } from '@portcullis/testing'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import {
  createPortcullis,
  createSessionProcedures,
  type PortcullisContext,
  type PortcullisMeta,
  type PortcullisOptions,
  withRefusalCode,
} from '../src/index.ts'
import { JWKS_COOLDOWN_MS } from '../src/keys.ts'
import { createIdentities, type Identities } from './identities.ts'
import { silent } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

function protect(identities: Identities, options: Partial<PortcullisOptions> = {}) {
  const { keys, trust } = identities
  const follower = new ScriptedFollower()
  const own = { service: 'orders', keys, trust, follower, logger: silent, ...options }
  return { follower, portcullis: createPortcullis(own) }
}

/** A tRPC server as a team has it, with a database of its own in the context. */
function createTeamRouter() {
  const t = initTRPC
    .context<PortcullisContext & { database: string }>()
    .meta<PortcullisMeta>()
    .create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })
  const { sessionProcedure } = createSessionProcedures({
    custom: z.object({ plan: z.enum(['free', 'team']) }),
  })
  return t.router({
    plan: t.procedure.concat(sessionProcedure).query(({ ctx }) => {
      return `${ctx.principal.custom.plan} ${ctx.database}`
    }),
    secret: t.procedure.meta({ internal: true }).query(() => 'secret'),
  })
}

describe('on a tRPC server that a team has already', () => {
  test('the standalone adapter', async () => {
    const identities = await createIdentities()
    const { portcullis } = protect(identities)
    const server = createHTTPServer({
      router: createTeamRouter(),
      createContext: async (options) => ({
        ...(await portcullis.createContext(options)),
        database: 'db',
      }),
    }).listen(0)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const headers = await identities.person({ custom: { plan: 'team' } })
    const plan = await fetch(`${url}/plan`, { headers })
    expect(await plan.json()).toEqual({ result: { data: 'team db' } })
    expect((await fetch(`${url}/secret`, { headers })).status).toBe(403)
    const secret = await fetch(`${url}/secret`, { headers: await identities.service('worker') })
    expect(secret.status).toBe(200)
    await eventually(() => expect(portcullis.inFlight).toBe(0))
    server.closeAllConnections()
    server.close()
  })

  test('a fetch adapter, with the stale header among its own', async () => {
    const identities = await createIdentities()
    const { portcullis, follower } = protect(identities)
    const headers = await identities.person({ session: 'ses_a', custom: { plan: 'free' } })
    const call = () =>
      fetchRequestHandler({
        endpoint: '',
        req: new Request('http://orders/plan', { headers }),
        router: createTeamRouter(),
        createContext: async (options) => ({
          ...(await portcullis.createContext(options)),
          database: 'db',
        }),
      })
    expect(await (await call()).json()).toEqual({ result: { data: 'free db' } })
    follower.revokeSession('ses_a')
    const stale = await call()
    expect([stale.status, stale.headers.get('x-portcullis-stale')]).toEqual([503, '1.1'])
  })

  test('custom claims that are not what the service expects are refused', async () => {
    const identities = await createIdentities()
    const { portcullis } = protect(identities)
    const response = await fetchRequestHandler({
      endpoint: '',
      req: new Request('http://orders/plan', {
        headers: await identities.person({ custom: { plan: 'gold' } }),
      }),
      router: createTeamRouter(),
      createContext: async (options) => ({
        ...(await portcullis.createContext(options)),
        database: 'db',
      }),
    })
    expect(await response.json()).toMatchObject({
      error: { data: { code: 'FORBIDDEN', portcullis: { code: 'ERR_CUSTOM_CLAIMS' } } },
    })
  })
})

describe('createContextFrom', () => {
  test('a fetch request is in flight until it is disposed of or aborted', async () => {
    const identities = await createIdentities()
    const { portcullis } = protect(identities)
    const headers = await identities.person()
    const leaving = new AbortController()
    const request = () => new Request('http://orders', { headers, signal: leaving.signal })
    const first = await portcullis.createContextFrom(request())
    const second = await portcullis.createContextFrom(request())
    expect(portcullis.inFlight).toBe(2)
    first[Symbol.dispose]()
    expect(portcullis.inFlight).toBe(1)
    leaving.abort()
    expect(portcullis.inFlight).toBe(0)
    expect([first.signal.aborted, second.signal.aborted]).toEqual([false, true])
  })

  test('ten thousand requests leave nothing behind', async () => {
    const identities = await createIdentities()
    const { portcullis, follower } = protect(identities)
    const server = createServer((request, response) => {
      void portcullis.createContextFrom(request, response).then(() => response.end())
    }).listen(0)
    const { port } = server.address() as AddressInfo
    const headers = await identities.person({ session: 'ses_a' })
    const agent = new Agent({ keepAlive: true, maxSockets: 50 })
    const send = async () => {
      const [response] = await once(get({ port, agent, headers }), 'response')
      await once(response.resume(), 'end')
    }
    const sendMany = async () => {
      for (let n = 0; n < 200; n += 1) await send()
    }
    await Promise.all(Array.from({ length: 50 }, sendMany))
    await eventually(() => expect(portcullis.inFlight).toBe(0))
    expect(follower.listeners).toBe(2)
    agent.destroy()
    server.close()
  })
})

describe('keys by address', () => {
  afterEach(() => vi.useRealTimers())

  test('are fetched once, and again for a new kid; what one signed is refused once it is gone', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const [old, next] = [await createIdentities(), await createIdentities()]
    const published = new PublishedKeys(old.gatewayRing)
    await using keys = await published.listen()
    const { portcullis } = protect(old, { keys: { jwksUrl: keys.url } })
    const judge = (headers: Record<string, string>) => portcullis.createContextFrom({ headers })

    const known = await old.person()
    await judge(known)
    await judge(await old.person())
    expect(published.fetches).toBe(1)

    published.ring = next.gatewayRing
    vi.setSystemTime(Date.now() + JWKS_COOLDOWN_MS + 1)
    await judge(known)
    await judge(await next.person())
    expect(published.fetches).toBe(2)
    await expect(judge(known)).rejects.toMatchObject({ reason: 'ERR_CONTEXT_INVALID' })
  })

  test('that cannot be fetched say nothing about a context', async () => {
    const identities = await createIdentities()
    const { portcullis } = protect(identities, { keys: { jwksUrl: 'http://127.0.0.1:1/keys' } })
    const headers = await identities.person()
    await expect(portcullis.createContextFrom({ headers })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      reason: 'ERR_UNVERIFIABLE',
    })
  })
})

/** Serves a key ring's public half and counts who asks. */
class PublishedKeys {
  fetches = 0
  ring: KeyRing

  constructor(ring: KeyRing) {
    this.ring = ring
  }

  async listen() {
    const server = createServer((_request, response) => {
      this.fetches += 1
      response.end(JSON.stringify(this.ring.publicJwks()))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/keys`
    return { url, [Symbol.asyncDispose]: async () => void server.close() }
  }
}
