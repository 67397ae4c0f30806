import type { SessionId } from '@portcullis/context'
import type { EventKind } from '@portcullis/revocation'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createPortcullis } from '../src/index.ts'
import { createIdentities } from './identities.ts'
import {
  createSubscriber,
  describeRefusal,
  type OrdersOptions,
  type RunningOrders,
  silent,
  startOrders,
} from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

const person = { session: 'ses_mine', subject: 'usr_ada', organization: 'org_acme' } as const

/** A service with a follower of the test's, and somebody who listens by server-sent events. */
async function startListening(options: OrdersOptions = {}) {
  const follower = new ScriptedFollower()
  const orders = await startOrders({ follower, ...options })
  const listener = listen(orders, follower)
  await eventually(() => expect(orders.journal.executed).toEqual(['onWord']))
  return {
    follower,
    orders,
    ...listener,
    say: (word: string) => void orders.journal.words.emit('word', word),
    async [Symbol.asyncDispose]() {
      listener.subscription.unsubscribe()
      await orders.close()
    },
  }
}

function listen(orders: RunningOrders, follower: ScriptedFollower) {
  const heard: string[] = []
  const states: unknown[] = []
  const failures: unknown[][] = []
  const headers = () => orders.identities.person(person, { position: follower.position })
  const subscription = createSubscriber(orders.url, headers).orders.onWord.subscribe(undefined, {
    onData: (word) => heard.push(word),
    onError: (error) => failures.push(describeRefusal(error)),
    onConnectionStateChange: ({ error }) => error && states.push(error.data?.portcullis?.code),
  })
  return { heard, states, failures, subscription }
}

describe('a subscription', () => {
  test.each<[string, (follower: ScriptedFollower) => void]>([
    ['session', (follower) => follower.say('session.revoked', { session: person.session })],
    ['subject', (follower) => follower.say('subject.revoked', { subject: person.subject })],
    [
      'organization',
      (follower) => follower.say('organization.revoked', { organization: person.organization }),
    ],
  ])('ends for good when its %s is revoked: the client does not come again', async (_, revoke) => {
    await using listening = await startListening()
    const { follower, failures, states, orders } = listening
    listening.say('before')
    await eventually(() => expect(listening.heard).toEqual(['before']))
    revoke(follower)
    await eventually(() => expect(failures).toEqual([[401, 'UNAUTHORIZED', 'ERR_SESSION_REVOKED']]))
    expect(states).toEqual([])
    expect(orders.journal.executed).toHaveLength(1)
  })

  test('whose claims change is opened again by the client, with a new context', async () => {
    await using listening = await startListening()
    const { follower, failures, states, orders } = listening
    follower.say('claims.changed', { subject: person.subject })
    await eventually(() => expect(orders.journal.executed).toHaveLength(2))
    listening.say('after')
    await eventually(() => expect(listening.heard).toEqual(['after']))
    expect(states[0]).toEqual('ERR_CONTEXT_REVOKED')
    expect(failures).toEqual([])
  })

  test('puts nothing out without a lease, and goes on when it is back', async () => {
    await using listening = await startListening()
    const { follower, heard } = listening
    follower.fresh = false
    listening.say('held back')
    const looks = follower.looks
    await eventually(() => expect(follower.looks).toBeGreaterThan(looks + 3))
    expect(heard).toEqual([])
    follower.fresh = true
    listening.say('after')
    await eventually(() => expect(heard).toEqual(['held back', 'after']))
    expect(listening.states).toEqual([])
  })

  test('puts nothing out of what it held back for a session that was revoked meanwhile', async () => {
    await using listening = await startListening()
    const { follower } = listening
    follower.fresh = false
    listening.say('held back')
    const looks = follower.looks
    await eventually(() => expect(follower.looks).toBeGreaterThan(looks + 1))
    follower.revokeSession(person.session)
    follower.fresh = true
    await eventually(() => expect(listening.failures).toHaveLength(1))
    expect(listening.heard).toEqual([])
  })

  test('ends when the lease stays away, and the client comes again', async () => {
    await using listening = await startListening({ streamLeaseWaitMs: 50 })
    const { follower, orders } = listening
    follower.fresh = false
    listening.say('lost')
    await eventually(() => expect(listening.states).toContain('ERR_UNVERIFIABLE'))
    follower.fresh = true
    await eventually(() => expect(orders.journal.executed).toHaveLength(2))
    listening.say('after')
    await eventually(() => expect(listening.heard).toEqual(['after']))
    expect(listening.failures).toEqual([])
  })
})

describe('what runs is told', () => {
  test.each<[EventKind | 'planet.revoked', string]>([
    ['session.revoked', 'ERR_SESSION_REVOKED'],
    ['subject.revoked', 'ERR_SESSION_REVOKED'],
    ['organization.revoked', 'ERR_SESSION_REVOKED'],
    ['session.changed', 'ERR_CONTEXT_REVOKED'],
    ['claims.changed', 'ERR_CONTEXT_REVOKED'],
    // Those who began late enough are spared, which only a new context can tell.
    ['everyone.revoked', 'ERR_CONTEXT_REVOKED'],
    ['planet.revoked', 'ERR_CONTEXT_REVOKED'],
  ])('of %s as %s', async (kind, reason) => {
    const follower = new ScriptedFollower()
    const identities = await createIdentities()
    const options = { service: 'orders', keys: identities.keys, follower, logger: silent }
    using portcullis = createPortcullis(options)
    const headers = await identities.person(person)
    using context = await portcullis.createContextFrom({ headers })
    follower.say(kind as EventKind, person)
    expect(context.signal.reason).toMatchObject({ reason })
  })
})

test('a procedure whose body arrives without a lease waits for it, or is not run', async () => {
  const follower = new ScriptedFollower()
  await using orders = await startOrders({ follower, streamLeaseWaitMs: 50 })
  const session: SessionId = 'ses_slow'
  const body = new TransformStream<Uint8Array, Uint8Array>()
  const response = fetch(`${orders.url}/orders.create`, {
    method: 'POST',
    headers: {
      ...(await orders.identities.person({ session })),
      'content-type': 'application/json',
    },
    body: body.readable,
    duplex: 'half',
  })
  const writer = body.writable.getWriter()
  await writer.write(Buffer.from('"tea'))
  await eventually(() => expect(follower.isWatched(session)).toBe(true))
  follower.fresh = false
  await writer.write(Buffer.from('"'))
  await writer.close()
  expect((await response).status).toBe(503)
  expect(orders.journal.executed).toEqual([])
})

describe('what cannot be verified', () => {
  const code = { error: { data: { portcullis: { code: 'ERR_UNVERIFIABLE' } } } }

  test.each<[string, string, Record<string, string>, (text: string) => void]>([
    ['a call', 'orders.signedIn', {}, (text) => expect(JSON.parse(text)).toMatchObject(code)],
    [
      'a batch',
      'orders.signedIn,orders.whoAmI?batch=1',
      {},
      (text) => expect(JSON.parse(text)).toMatchObject([code, code]),
    ],
    [
      'a streamed batch',
      'orders.signedIn?batch=1',
      { 'trpc-accept': 'application/jsonl' },
      (text) => expect(text).toContain('ERR_UNVERIFIABLE'),
    ],
    [
      'a subscription',
      'orders.onWord',
      { accept: 'text/event-stream' },
      (text) => expect(text).toMatch(/event: serialized-error\n.*ERR_UNVERIFIABLE/),
    ],
  ])('tells %s when to try again', async (_, path, headers, expectRefusal) => {
    const follower = new ScriptedFollower()
    follower.fresh = false
    await using orders = await startOrders({ follower })
    const context = await orders.identities.person()
    const response = await fetch(`${orders.url}/${path}`, { headers: { ...context, ...headers } })
    expect(response.headers.get('retry-after')).toBe('1')
    expectRefusal(await response.text())
    expect(orders.journal.executed).toEqual([])
  })
})
