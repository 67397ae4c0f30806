import { createLogger } from '@portcullis/runtime'
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
} from '@trpc/client'
import { initTRPC, tracked } from '@trpc/server'
import { type CreateHTTPContextOptions, createHTTPServer } from '@trpc/server/adapters/standalone'
import { octetInputParser } from '@trpc/server/http'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ComposeRouters } from '../src/compose-routers.ts'
import { createGateway, type PassThroughGateway } from '../src/gateway.ts'
import type { GatewayRouters } from '../src/procedures/router.ts'
import { requestRaw } from './support/raw-request.ts'
import { SESSION_COOKIE, startDataPath } from './support/start-data-path.ts'
import { serve, type Upstream } from './support/upstream.ts'

type ServiceRouter = ReturnType<typeof createRouter>['service']
type Router = ComposeRouters<{ a: ServiceRouter; b: ServiceRouter } & GatewayRouters<never>>

/** Everything that a request can bring along, told back. */
function createRouter() {
  const t = initTRPC.context<CreateHTTPContextOptions>().create({ pathSeparator: '~' })
  const service = t.router({
    echo: t.procedure.input(z.unknown()).query(({ input }) => input ?? null),
    params: t.procedure.query(({ ctx }) => ctx.info.connectionParams),
    upload: t.procedure
      .input(z.instanceof(FormData))
      .mutation(({ input }) => String(input.get('title'))),
    bytes: t.procedure.input(octetInputParser).mutation(async ({ input }) => {
      let length = 0
      for await (const chunk of input) length += (chunk as Uint8Array).length
      return length
    }),
    since: t.procedure
      .input(z.object({ lastEventId: z.string().nullish() }).optional())
      .subscription(async function* ({ input, ctx }) {
        const from = Number(input?.lastEventId ?? 0)
        yield tracked(String(from + 1), { from, params: ctx.info.connectionParams })
      }),
  })
  return { t, service }
}

function startService(name: string): Promise<Upstream> {
  const { t, service } = createRouter()
  const server = createHTTPServer({
    router: t.router({ [name]: service }),
    createContext: (options) => options,
    allowMethodOverride: true,
  })
  return serve(server)
}

let a: Upstream
let b: Upstream
let gateway: PassThroughGateway
let url: string
let port: number

beforeAll(async () => {
  a = await startService('a')
  b = await startService('b')
  gateway = await createGateway({
    sessions: false,
    services: { b: b.url },
    fallback: a.url,
    pathSeparator: '~',
    logger: createLogger({ name: 'gateway', level: 'silent' }),
  })
  url = (await gateway.listen()).url
  port = Number(new URL(url).port)
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await Promise.all([a, b].map((service) => service[Symbol.asyncDispose]()))
})

describe('a query by POST', () => {
  test.each([
    ['httpLink', httpLink<Router>],
    ['httpBatchLink', httpBatchLink<Router>],
    ['httpBatchStreamLink', httpBatchStreamLink<Router>],
  ])('reaches services that allow it, over %s', async (_, link) => {
    const options = { url, methodOverride: 'POST', pathSeparator: '~' } as const
    const client = createTRPCClient<Router>({ links: [link(options)] })
    const long = 'x'.repeat(20_000)
    const answers = await Promise.all([client.a.echo.query(long), client.b.echo.query({ x: 1 })])
    expect(answers).toEqual([long, { x: 1 }])
  })

  test('reaches the gateway’s own procedures if it allows it, and changes nothing else', async () => {
    for (const allowMethodOverride of [true, false]) {
      await using own = await startDataPath({ services: { a: a.url }, allowMethodOverride })
      const link = httpBatchLink({
        url: own.url,
        methodOverride: 'POST',
        headers: { cookie: SESSION_COOKIE },
      })
      const client = createTRPCClient<Router>({ links: [link] })
      const [me, echo] = await Promise.allSettled([
        client.session.me.query(),
        client.a.echo.query('a'),
      ])
      expect(me).toMatchObject(
        allowMethodOverride
          ? { value: { subject: 'usr_ada' } }
          : { reason: { data: { code: 'METHOD_NOT_SUPPORTED' } } },
      )
      expect(echo).toMatchObject({ value: 'a' })
    }
  })
})

describe('a subscription', () => {
  const open = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/${path}`, { headers: { accept: 'text/event-stream', ...headers } }).then(
      (response) => response.text(),
    )

  test('goes on after the last event, by header and by either parameter', async () => {
    for (const path of ['a~since?lastEventId=7', 'b~since?Last-Event-Id=7']) {
      expect(await open(path)).toContain('"from":7')
    }
    expect(await open('b.since', { 'last-event-id': '8' })).toContain('"from":8')
    expect(await open('b.since?lastEventId=1', { 'last-event-id': '8' })).toContain('"from":8')
  })

  test('has connection parameters in its URL, and a stock client resumes', async () => {
    const client = createTRPCClient<Router>({
      links: [
        splitLink({
          condition: ({ type }) => type === 'subscription',
          true: httpSubscriptionLink({
            url,
            pathSeparator: '~',
            EventSource,
            connectionParams: { token: 'ä&="' },
          }),
          false: httpLink({ url }),
        }),
      ],
    })
    const seen = await new Promise((resolve, reject) => {
      client.b.since.subscribe({ lastEventId: '3' }, { onData: resolve, onError: reject })
    })
    expect(seen).toMatchObject({ id: '4', data: { from: 3, params: { token: 'ä&="' } } })
  })
})

describe('a body that is not JSON', () => {
  test.each(['a', 'b'] as const)(
    'passes unread to %s, and is refused for several',
    async (name) => {
      const client = createTRPCClient<Router>({ links: [httpLink({ url })] })
      const form = new FormData()
      form.set('title', 'Ünder a title')
      expect(await client[name].upload.mutate(form)).toBe('Ünder a title')
      expect(await client[name].bytes.mutate(new Blob([Buffer.alloc(300_000)]))).toBe(300_000)
      const response = await fetch(`${url}/a.upload,b.upload?batch=1`, {
        method: 'POST',
        body: form,
      })
      expect(response.status).toBe(415)
    },
  )
})

const codeIn = (body: string) => /"code":"\w+"/.exec(body)?.[0]

describe('another method', () => {
  test('HEAD is answered without asking anybody, as by tRPC', async () => {
    const seen = [a.seen.length, b.seen.length]
    for (const path of ['/a.echo', '/nobody', '/a.echo,b.echo?batch=1']) {
      expect((await fetch(url + path, { method: 'HEAD' })).status).toBe(204)
    }
    expect([a.seen.length, b.seen.length]).toEqual(seen)
  })

  test.each(['OPTIONS', 'PUT', 'PATCH', 'DELETE'])(
    '%s has the status that tRPC gives it',
    async (method) => {
      const lines = [`${method} /b.echo HTTP/1.1`, 'Host: gateway']
      for (const type of [[], ['Content-Type: application/json'], ['Content-Type: text/html']]) {
        const there = await requestRaw(b.port, [...lines, ...type])
        const here = await requestRaw(port, [...lines, ...type])
        expect(here.status).toBe(there.status)
        expect(codeIn(here.body)).toBe(codeIn(there.body))
      }
    },
  )
})
