import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
} from '@trpc/client'
import { parse, stringify } from 'devalue'
import { EventSource } from 'eventsource'
import superjson from 'superjson'
import { describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../src/compose-routers.ts'
import type { GatewayRouters } from '../src/procedures/router.ts'
import { SESSION_COOKIE, startDataPath } from './support/start-data-path.ts'
import { type DateRouter, startDateUpstream } from './support/upstream.ts'

type Router = ComposeRouters<
  { a: DateRouter; b: DateRouter; down: DateRouter } & GatewayRouters<never, true>
>

const devalue = { name: 'devalue', serialize: stringify, deserialize: parse }
const FROM = new Date(1_000)

describe.each([
  ['superjson', 'superjson' as const, superjson],
  ['any other transformer, by its codec', devalue, devalue],
])('with %s', (_, transformer, clientTransformer) => {
  async function start() {
    const a = await startDateUpstream('a', clientTransformer)
    const b = await startDateUpstream('b', clientTransformer)
    const services = { a: a.url, b: b.url, down: 'http://127.0.0.1:1' }
    const gateway = await startDataPath({ services, transformer })
    const all = [gateway, b, a]
    return Object.assign(gateway, {
      linkOptions: {
        url: gateway.url,
        transformer: clientTransformer,
        headers: { cookie: SESSION_COOKIE },
      },
      stop: () => Promise.all(all.map((one) => one[Symbol.asyncDispose]())),
    })
  }

  test.each([
    ['httpLink', httpLink<Router>],
    ['httpBatchLink', httpBatchLink<Router>],
    ['httpBatchStreamLink', httpBatchStreamLink<Router>],
  ])('values and errors of services and gateway arrive whole, over %s', async (_name, link) => {
    const { linkOptions, stop } = await start()
    const client = createTRPCClient<Router>({ links: [link(linkOptions)] })
    const answers = await Promise.allSettled([
      client.a.later.query({ from: FROM }),
      client.b.later.query({ from: new Date(5_000) }),
      client.b.fail.query(),
      client.session.me.query(),
      client.admin.sessions.query({ subject: 'usr_ada' }),
      client.down.later.query({ from: FROM }),
    ])
    expect(answers).toMatchObject([
      { value: { at: new Date(2_000) } },
      { value: { at: new Date(6_000) } },
      { reason: { message: 'as asked', data: { code: 'CONFLICT' } } },
      { value: { subject: 'usr_ada' } },
      { reason: { data: { portcullis: { code: 'ERR_ROLE_REQUIRED' } } } },
      { reason: { data: { portcullis: { code: 'ERR_SERVICE_UNREACHABLE' } } } },
    ])
    await stop()
  })

  test('values that come later arrive whole, from one service and from several', async () => {
    const { linkOptions, stop } = await start()
    const client = createTRPCClient<Router>({ links: [httpBatchStreamLink(linkOptions)] })
    const [soon, ticks] = await Promise.all([client.a.soon.query(), client.b.ticks.query()])
    const [alone] = await Promise.all([client.a.soon.query(), client.a.later.query({ from: FROM })])
    expect(await Promise.all([soon.at, alone.at])).toEqual([new Date(3_000), new Date(3_000)])
    const seen: Date[] = []
    for await (const tick of ticks) seen.push(tick)
    expect(seen).toEqual([new Date(1_000), new Date(2_000)])
    await stop()
  })

  test('a subscription ends with an error that its client can read', async () => {
    const { linkOptions, authenticator, stop } = await start()
    authenticator.add('token-of-grace', { subject: 'usr_grace' })
    class WithCookie extends EventSource {
      constructor(url: string) {
        super(url, {
          fetch: (input, init) =>
            fetch(input, {
              ...init,
              headers: { ...init.headers, cookie: '__Host-sid=token-of-grace' },
            }),
        })
      }
    }
    const link = httpSubscriptionLink({ ...linkOptions, EventSource: WithCookie })
    const client = createTRPCClient<Router>({ links: [link] })
    const ended = Promise.withResolvers<unknown>()
    client.a.never.subscribe(undefined, {
      onData(at) {
        expect(at).toEqual(new Date(4_000))
        authenticator.end('token-of-grace')
      },
      onError: ended.resolve,
    })
    expect(await ended.promise).toMatchObject({
      data: { portcullis: { code: 'ERR_SESSION_REVOKED' } },
    })
    await stop()
  })
})
