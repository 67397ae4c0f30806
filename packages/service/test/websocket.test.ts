import { once } from 'node:events'
import { eventually } from '@portcullis/testing'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { OrdersApi } from './orders-router.ts'
import { describeRefusal, refusalOf, startOrders } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

const person = { session: 'ses_mine', subject: 'usr_ada', organization: 'org_acme' } as const

/** A stock client on a socket that was opened with these headers. */
function openSocket(url: string, headers: Record<string, string> = {}) {
  class Socket extends WebSocket {
    constructor(address: string) {
      super(address, { headers })
    }
  }
  const client = createWSClient({
    url: url.replace('http', 'ws'),
    WebSocket: Socket as never,
  })
  const { orders } = createTRPCClient<OrdersApi>({ links: [wsLink({ client })] })
  return {
    orders,
    [Symbol.asyncDispose]: () => client.close(),
  }
}

/** How a request for a socket is answered that is not granted. */
function refusedUpgrade(url: string, headers: Record<string, string>) {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  socket.on('error', () => {})
  return new Promise<{ status: number | undefined; headers: object }>((resolve) => {
    socket.on('unexpected-response', (_request, { statusCode, headers }) => {
      resolve({ status: statusCode, headers })
      socket.terminate()
    })
  })
}

describe('a call on a socket', () => {
  test('is for whom the socket was opened, or for nobody', async () => {
    await using orders = await startOrders()
    await using ada = openSocket(orders.url, await orders.identities.person(person))
    await using nobody = openSocket(orders.url)
    expect(await ada.orders.signedIn.query()).toBe('usr_ada')
    expect(await ada.orders.create.mutate('tea')).toBe('tea')
    expect(await nobody.orders.whoAmI.query()).toBeNull()
    const refused = nobody.orders.signedIn.query()
    expect(await refusalOf(refused)).toEqual([401, 'UNAUTHORIZED', 'ERR_SESSION_REQUIRED'])
  })

  test('is refused once its session was revoked, although the socket was opened before', async () => {
    const follower = new ScriptedFollower()
    await using orders = await startOrders({ follower })
    await using ada = openSocket(orders.url, await orders.identities.person(person))
    expect(await ada.orders.signedIn.query()).toBe('usr_ada')
    follower.revokeSession(person.session)
    const before = orders.journal.executed.length
    const stale = [503, 'SERVICE_UNAVAILABLE', 'ERR_CONTEXT_STALE']
    expect(await refusalOf(ada.orders.signedIn.query())).toEqual(stale)
    expect(await refusalOf(ada.orders.create.mutate('tea'))).toEqual(stale)
    expect(orders.journal.executed).toHaveLength(before)
  })

  test('is refused once the context of the socket has ended', async () => {
    // The time of a service that is four seconds ahead: a second or less is left of a context that ends now.
    const follower = new ScriptedFollower()
    follower.aheadMs = 4_000
    await using orders = await startOrders({ follower })
    const options = { position: { epoch: 1, seq: 0 }, sessionEndsAt: Date.now() + 500 }
    await using ada = openSocket(orders.url, await orders.identities.person(person, options))
    await eventually(async () => {
      const call = ada.orders.signedIn.query()
      expect(await refusalOf(call)).toEqual([401, 'UNAUTHORIZED', 'ERR_CONTEXT_EXPIRED'])
    })
  })

  test('is refused without a lease', async () => {
    const follower = new ScriptedFollower()
    await using orders = await startOrders({ follower })
    await using ada = openSocket(orders.url, await orders.identities.person(person))
    await ada.orders.signedIn.query()
    follower.fresh = false
    const refused = ada.orders.signedIn.query()
    expect(await refusalOf(refused)).toEqual([503, 'SERVICE_UNAVAILABLE', 'ERR_UNVERIFIABLE'])
  })

  test('of an internal procedure is refused for its meta alone, before anything is executed', async () => {
    await using orders = await startOrders()
    await using ada = openSocket(orders.url, await orders.identities.person(person))
    await using worker = openSocket(orders.url, await orders.identities.service('worker'))
    const refusal = await refusalOf(ada.orders.markedOnly.query())
    expect(refusal).toEqual([403, 'FORBIDDEN', 'ERR_CALLER_REQUIRED'])
    expect(orders.journal.executed).toEqual([])
    expect(await worker.orders.internalForWorker.query()).toBe('ran')
  })

  test('has its signal aborted when its session is revoked, and when its client leaves', async () => {
    const follower = new ScriptedFollower()
    await using orders = await startOrders({ follower })
    const { journal } = orders
    await using ada = openSocket(orders.url, await orders.identities.person(person))
    const refused = refusalOf(ada.orders.waitForSignal.query())
    await eventually(() => expect(journal.executed).toContain('waitForSignal'))
    follower.revokeSession(person.session)
    expect(await refused).toEqual([401, 'UNAUTHORIZED', 'ERR_SESSION_REVOKED'])
    expect(journal.aborted).toEqual(['ERR_SESSION_REVOKED'])
  })

  test('says of an error that nobody meant neither message nor stack', async () => {
    await using orders = await startOrders()
    await using nobody = openSocket(orders.url)
    const error = await nobody.orders.crash.query().catch((caught) => caught)
    expect(error.message).toBe('Internal server error')
    expect(error.data.stack).toBeUndefined()
  })
})

describe('a subscription on a socket', () => {
  async function startListening() {
    const follower = new ScriptedFollower()
    const orders = await startOrders({ follower })
    const socket = openSocket(orders.url, await orders.identities.person(person))
    const heard: string[] = []
    const failures: unknown[][] = []
    const subscription = socket.orders.onWord.subscribe(undefined, {
      onData: (word) => heard.push(word),
      onError: (error) => failures.push(describeRefusal(error)),
    })
    await eventually(() => expect(orders.journal.executed).toContain('onWord'))
    return {
      follower,
      orders,
      socket,
      heard,
      failures,
      subscription,
      async [Symbol.asyncDispose]() {
        subscription.unsubscribe()
        await socket[Symbol.asyncDispose]()
        await orders.close()
      },
    }
  }

  test('ends for good when its session is revoked', async () => {
    await using listening = await startListening()
    const { orders, follower, heard, failures } = listening
    orders.journal.words.emit('word', 'before')
    await eventually(() => expect(heard).toEqual(['before']))
    follower.revokeSession(person.session)
    await eventually(() => expect(failures).toEqual([[401, 'UNAUTHORIZED', 'ERR_SESSION_REVOKED']]))
  })

  test('puts nothing out without a lease, and goes on when it is back', async () => {
    await using listening = await startListening()
    const { orders, follower, heard } = listening
    follower.fresh = false
    orders.journal.words.emit('word', 'held back')
    const looks = follower.looks
    await eventually(() => expect(follower.looks).toBeGreaterThan(looks + 3))
    expect(heard).toEqual([])
    follower.fresh = true
    await eventually(() => expect(heard).toEqual(['held back']))
  })

  test('that is left takes nothing with it: the socket serves on', async () => {
    await using listening = await startListening()
    listening.subscription.unsubscribe()
    expect(await listening.socket.orders.signedIn.query()).toBe('usr_ada')
  })
})

describe('an upgrade', () => {
  test('with a context that is older than what is known says since when, as a request does', async () => {
    const follower = new ScriptedFollower()
    await using orders = await startOrders({ follower })
    const headers = await orders.identities.person(person)
    follower.say('claims.changed', { subject: person.subject })
    const refusal = await refusedUpgrade(orders.url, headers)
    expect(refusal).toMatchObject({ status: 503, headers: { 'x-portcullis-stale': '1.1' } })
  })

  test('that carries no valid context, or is one too many, is refused', async () => {
    await using orders = await startOrders({ limits: { sockets: 1 } })
    const other = await orders.identities.person(person, { audience: 'users' })
    expect(await refusedUpgrade(orders.url, other)).toMatchObject({ status: 401 })
    await using nobody = openSocket(orders.url)
    expect(await nobody.orders.whoAmI.query()).toBeNull()
    expect(await refusedUpgrade(orders.url, {})).toMatchObject({ status: 429 })
  })
})

describe('closing', () => {
  test('sends clients elsewhere, and answers what is under way before', async () => {
    const orders = await startOrders()
    const headers = await orders.identities.person(person)
    const socket = new WebSocket(orders.url.replace('http', 'ws'), { headers })
    const frames: unknown[] = []
    socket.on('message', (data) => frames.push(JSON.parse(String(data))))
    await once(socket, 'open')
    socket.send('{"id":1,"method":"query","params":{"path":"orders.wait"}}')
    await eventually(() => expect(orders.journal.executed).toContain('wait'))
    const closed = orders.close()
    await eventually(() => expect(frames).toEqual([{ id: null, method: 'reconnect' }]))
    orders.journal.gate.resolve()
    const [code] = await once(socket, 'close')
    expect(code).toBe(1012)
    expect(frames[1]).toEqual({ id: 1, result: { type: 'data', data: 'done' } })
    await closed
  })

  test('is not held up by a client that stays', async () => {
    const orders = await startOrders({ limits: { drainTimeoutMs: 100 } })
    const socket = new WebSocket(orders.url.replace('http', 'ws'))
    await once(socket, 'open')
    socket.pause()
    await orders.close()
    socket.terminate()
  })
})
