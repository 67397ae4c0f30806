import { eventually } from '@portcullis/testing'
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client'
import { EventSource } from 'eventsource'
import { describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../../src/compose-routers.ts'
import { codeOf } from '../revocation/harness.ts'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import { type ServiceRouter, startUpstream } from '../support/upstream.ts'
import { serveWith } from './servers.ts'

const startStreaming = () =>
  serveWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  })

/** Opens a stream; its text if the gateway refused it, undefined if it is open. */
async function open(url: string, signal: AbortSignal, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal,
  })
  return response.headers.has('content-length') ? response.text() : undefined
}

describe('open streams', () => {
  test('are so many for one session, and it gets another when one has ended', async () => {
    await using orders = await startStreaming()
    await using gateway = await startDataPath({
      services: { orders: orders.url },
      limits: { streamsPerSession: 2 },
    })
    gateway.authenticator.add('token-of-grace')
    const url = `${gateway.url}/orders.x`
    const [first, others] = [new AbortController(), new AbortController()]
    const ada = { cookie: SESSION_COOKIE }
    expect(await open(url, first.signal, ada)).toBeUndefined()
    expect(await open(url, others.signal, ada)).toBeUndefined()
    const refused = await open(url, others.signal, ada)
    expect(refused).toContain('event: serialized-error')
    expect(refused).toContain('"httpStatus":429')
    expect(refused).toContain('ERR_STREAMS_TOO_MANY')
    expect(await open(url, others.signal, { cookie: '__Host-sid=token-of-grace' })).toBeUndefined()
    expect(orders.seen).toHaveLength(3)
    first.abort()
    await eventually(async () => expect(await open(url, others.signal, ada)).toBeUndefined())
    others.abort()
  })

  test('are so many for one address, and for all together', async () => {
    await using orders = await startStreaming()
    await using gateway = await startDataPath({
      services: { orders: orders.url },
      limits: { streamsPerAddress: 2, streams: 3 },
      trustedProxies: ['127.0.0.1'],
    })
    const leaving = new AbortController()
    const from = (address: string) =>
      open(`${gateway.url}/orders.x`, leaving.signal, { 'x-forwarded-for': address })
    expect(await from('192.0.2.1')).toBeUndefined()
    expect(await from('192.0.2.1')).toBeUndefined()
    expect(await from('192.0.2.1')).toContain('ERR_STREAMS_TOO_MANY')
    // A host with IPv6 has as many addresses as it likes.
    expect(await from('2001:db8::1')).toBeUndefined()
    expect(await from('2001:db8::2')).toContain('ERR_STREAMS_EXHAUSTED')
    leaving.abort()
  })

  test('that are too many are refused for good, as the client reads it', async () => {
    await using orders = await startUpstream('orders')
    await using gateway = await startDataPath({
      services: { orders: orders.url },
      limits: { streamsPerAddress: 1 },
    })
    type Router = ComposeRouters<{ orders: ServiceRouter }>
    const api = createTRPCClient<Router>({
      links: [httpSubscriptionLink({ url: gateway.url, EventSource })],
    })
    const heard: unknown[] = []
    const first = api.orders.ticks.subscribe(undefined, { onData: (data) => heard.push(data) })
    await eventually(() => expect(heard).toEqual(['first', 'second']))
    let refusal = ''
    api.orders.ticks.subscribe(undefined, { onError: (error) => (refusal = codeOf(error)) })
    await eventually(() => expect(refusal).toBe('TOO_MANY_REQUESTS ERR_STREAMS_TOO_MANY'))
    first.unsubscribe()
  })

  test('a streamed batch among them', async () => {
    await using orders = await startUpstream('orders')
    await using gateway = await startDataPath({
      services: { orders: orders.url },
      limits: { streamsPerAddress: 1 },
    })
    const leaving = new AbortController()
    expect(await open(`${gateway.url}/orders.ticks`, leaving.signal)).toBeUndefined()
    const batch = await fetch(`${gateway.url}/orders.hello?batch=1`, {
      headers: { 'trpc-accept': 'application/jsonl' },
    })
    expect(batch.status).toBe(200)
    expect(await batch.text()).toContain('ERR_STREAMS_TOO_MANY')
    leaving.abort()
  })
})
