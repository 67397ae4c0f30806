import { createClaimsPublisher } from '@portcullis/revocation'
import { eventually, type RedisServer, startRedis } from '@portcullis/testing'
import {
  createTRPCClient,
  type HTTPBatchLinkOptions,
  httpBatchLink,
  httpSubscriptionLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import superjson from 'superjson'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GatewayRouter, SessionEvent } from '../../src/index.ts'
import {
  type Credentials,
  createVisitor,
  newKeyspace,
  SECRET,
  startGateway,
} from '../support/start-gateway.ts'
import { codeOf, hear } from './harness.ts'

let redis: RedisServer
const start = (options: Partial<Parameters<typeof startGateway>[0]> = {}) =>
  startGateway({ redisUrl: redis.url, services: {}, ...options })
const reason = 'test'
const REVOKED = 'UNAUTHORIZED ERR_SESSION_REVOKED'

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())

/** Resolves when it is connected. */
async function hearEvents({ subscribing }: ReturnType<typeof createVisitor>) {
  const heard = hear<SessionEvent>((callbacks) =>
    subscribing.session.events.subscribe(undefined, callbacks),
  )
  await eventually(() => expect(heard.connections).toBe(1))
  return heard
}

type Fetch = NonNullable<HTTPBatchLinkOptions<{ transformer: true; errorShape: never }>['fetch']>

const typesOf = ({ data }: { data: SessionEvent[] }) => data.map(({ type }) => type)

describe('session.events', () => {
  test('tells a browser at once that it was signed out, then ends for good', async () => {
    await using gateway = await start()
    const laptop = createVisitor(gateway.url)
    const phone = createVisitor(gateway.url)
    const { id: session } = await laptop.signIn()
    await phone.signIn()
    const [onLaptop, onPhone] = [await hearEvents(laptop), await hearEvents(phone)]
    const startedAt = performance.now()
    await phone.api.session.revoke.mutate({ session })
    await eventually(() => expect(onLaptop.end).toBe(REVOKED), { intervalMs: 1 })
    expect(performance.now() - startedAt).toBeLessThan(500)
    expect(onLaptop.data).toEqual([{ type: 'session.ended' }])
    expect(onLaptop).toMatchObject({ interruptions: [], connections: 1 })
    expect(onPhone).toMatchObject({ data: [], end: null })
    onPhone.stop()
  })

  test('tells of each change of claims and organization, and goes on', async () => {
    const keyspace = newKeyspace()
    await using gateway = await start({ keyspace })
    const shared = { redisUrl: redis.url, pepper: SECRET, keyspace }
    await using publisher = createClaimsPublisher({ ...shared, name: 'accounts' })
    const publish = (id: string) =>
      publisher.publish({ subject: 'usr_ada', version: 1, id, cause: 'role-changed' })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = await hearEvents(ada)
    await publish('chg_1')
    await eventually(() => expect(typesOf(heard)).toEqual(['claims.changed']))
    await ada.api.session.switchOrganization.mutate({ organization: 'org_globex' })
    await eventually(() => expect(typesOf(heard)[1]).toBe('organization.changed'))
    await publish('chg_2')
    await eventually(() => expect(typesOf(heard)[2]).toBe('claims.changed'))
    const role = {
      organization: 'org_globex',
      version: 1,
      id: 'chg_3',
      cause: 'role.edited',
    } as const
    await publisher.publish(role)
    await eventually(() => expect(typesOf(heard)[3]).toBe('claims.changed'))
    await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason })
    await eventually(() => expect(heard.end).toBe(REVOKED))
    expect(typesOf(heard)).toHaveLength(5)
    expect(heard.connections).toBe(1)
  })

  test('says nothing of what ends others, and lives on if everyone was asked to prove themselves', async () => {
    const keyspace = newKeyspace()
    await using gateway = await start({ keyspace })
    const before = createVisitor(gateway.url)
    await before.signIn()
    const { revoke } = gateway.gateway
    // An entry of the log between the two, so that a moment can be placed between them.
    await revoke({ subject: 'usr_nobody' }, { reason })
    await eventually(() => expect(Date.now() % 1_000).toBeLessThan(200))
    const beganBefore = new Date()
    await revoke({ subject: 'usr_nobody' }, { reason })
    const after = createVisitor(gateway.url)
    await after.signIn('grace@example.com')
    const [ended, lives] = [await hearEvents(before), await hearEvents(after)]
    await revoke({ everyone: true, beganBefore }, { reason })
    await eventually(() => expect(ended.end).toBe(REVOKED))
    expect(await after.api.session.me.query()).not.toBeNull()
    expect(lives).toMatchObject({ data: [], end: null, connections: 1 })
    lives.stop()
  })

  test('is for whoever is signed in, and only as a stream', async () => {
    await using gateway = await start()
    const { subscribing, api } = createVisitor(gateway.url)
    const heard = hear<SessionEvent>((callbacks) =>
      subscribing.session.events.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.end).toBe('UNAUTHORIZED ERR_SESSION_REQUIRED'))
    const whole = await fetch(`${gateway.url}/session.events`)
    expect(whole.status).toBe(406)
    const { error } = (await whole.json()) as { error: unknown }
    expect(codeOf(error)).toBe('BAD_REQUEST ERR_STREAM_NOT_REQUESTED')
    expect(await api.session.me.query()).toBeNull()
  })

  test('forgets a cookie that is of no use any more', async () => {
    await using gateway = await start()
    const response = await fetch(`${gateway.url}/session.events`, {
      headers: { accept: 'text/event-stream', cookie: `sid=${'A'.repeat(47)}` },
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.getSetCookie()[0]).toMatch(/^sid=;/)
    expect(await response.text()).toContain('ERR_SESSION_REQUIRED')
  })

  test('speaks the transformer that client and services share', async () => {
    await using gateway = await start({ transformer: 'superjson' })
    const { url } = gateway
    let cookie = ''
    const keep: Fetch = async (input, init) => {
      const response = await fetch(input as string, init as RequestInit)
      cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? cookie
      return response
    }
    type Router = GatewayRouter<Credentials, true>
    const api = createTRPCClient<Router>({
      links: [
        httpBatchLink({ url, transformer: superjson, headers: () => ({ cookie }), fetch: keep }),
      ],
    })
    await api.session.signIn.mutate({ email: 'ada@example.com', password: 'portcullis' })
    const withCookie = class extends EventSource {
      constructor(address: string) {
        super(address, {
          fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, cookie } }),
        })
      }
    }
    const subscribing = createTRPCClient<Router>({
      links: [httpSubscriptionLink({ url, transformer: superjson, EventSource: withCookie })],
    })
    const heard = hear<SessionEvent>((callbacks) =>
      subscribing.session.events.subscribe(undefined, callbacks),
    )
    await eventually(() => expect(heard.connections).toBe(1))
    await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason })
    await eventually(() => expect(heard.end).toBe(REVOKED))
    expect(typesOf(heard)).toEqual(['session.ended'])
  })

  test('is closed at once when the gateway closes, and its client looks for another', async () => {
    const gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = await hearEvents(ada)
    expect(gateway.gateway.openStreams).toBe(1)
    const startedAt = performance.now()
    await gateway[Symbol.asyncDispose]()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    await eventually(() => expect(heard.interruptions.length).toBeGreaterThan(0))
    expect(heard.end).toBeNull()
    heard.stop()
  })
})
