import { once } from 'node:events'
import { get } from 'node:http'
import { connect } from 'node:net'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createClient, createStreamingClient, refusalOf, startOrders } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

const statusOf = async (url: string) => (await fetch(url)).status

describe('readiness', () => {
  test('alive at once, ready once the log has been read', async () => {
    const follower = new ScriptedFollower()
    follower.position = { epoch: 0, seq: 0 }
    await using orders = await startOrders({ follower })
    expect(await statusOf(`${orders.url}/healthz`)).toBe(200)
    expect(await statusOf(`${orders.url}/readyz`)).toBe(503)
    follower.position = { epoch: 1, seq: 0 }
    expect(await statusOf(`${orders.url}/readyz`)).toBe(200)
  })

  test('a further condition counts, also one that fails', async () => {
    let ready = () => false
    await using orders = await startOrders({ ready: () => ready() })
    expect(await statusOf(`${orders.url}/readyz`)).toBe(503)
    ready = () => {
      throw new Error('database is down')
    }
    expect(await statusOf(`${orders.url}/readyz`)).toBe(503)
    ready = () => true
    expect(await statusOf(`${orders.url}/readyz`)).toBe(200)
  })
})

describe('close', () => {
  test('a request in flight is answered, a new connection is not accepted', async () => {
    const orders = await startOrders()
    const client = createClient(orders.url, await orders.identities.person()).orders
    const call = client.wait.query()
    await eventually(() => expect(orders.journal.executed).toEqual(['wait']))
    const closed = orders.close()
    await eventually(() => expectConnectionRefused(orders.url))
    orders.journal.gate.resolve()
    expect(await call).toBe('done')
    await closed
    expect(orders.journal.aborted).toEqual([])
  })

  test('without requests in flight it ends at once, kept connections or not', async () => {
    const orders = await startOrders()
    await createClient(orders.url).orders.whoAmI.query()
    const started = performance.now()
    await orders.close()
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('a connection on which nothing was sent yet holds nothing up', async () => {
    const orders = await startOrders()
    const socket = connect(Number(new URL(orders.url).port), '127.0.0.1')
    await once(socket, 'connect')
    // Known to the server once it has answered another one.
    await createClient(orders.url).orders.whoAmI.query()
    const started = performance.now()
    await orders.close()
    expect(performance.now() - started).toBeLessThan(1000)
    socket.destroy()
  })

  test('what does not end within the bound is aborted', async () => {
    const orders = await startOrders({ limits: { drainTimeoutMs: 50 } })
    const client = createClient(orders.url, await orders.identities.person()).orders
    const ends = refusalOf(client.waitForSignal.query())
    await eventually(() => expect(orders.journal.executed).toEqual(['waitForSignal']))
    await orders.close()
    expect(await ends).toEqual([503, 'SERVICE_UNAVAILABLE', 'ERR_DRAINING'])
    expect(orders.journal.aborted).toEqual(['ERR_DRAINING'])
  })

  test('a stream is told to come again elsewhere', async () => {
    const orders = await startOrders({ limits: { drainTimeoutMs: 50 } })
    const headers = await orders.identities.person()
    const stream = await createStreamingClient(orders.url, headers).orders.count.query()
    const ends = refusalOf(Array.fromAsync(stream))
    await eventually(() => expect(orders.journal.executed).toEqual(['count']))
    await orders.close()
    expect(await ends).toContain('ERR_DRAINING')
  })

  test('a subscription is told at once to come again, however long requests may take', async () => {
    const orders = await startOrders()
    const headers = { ...(await orders.identities.person()), accept: 'text/event-stream' }
    const response = await fetch(`${orders.url}/orders.onCount`, { headers })
    await eventually(() => expect(orders.journal.executed).toEqual(['count']))
    const started = performance.now()
    await orders.close()
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(await response.text()).toMatch(/event: serialized-error\n.*ERR_DRAINING/)
  })

  test('what ignores even that loses its connection', async () => {
    const orders = await startOrders({ limits: { drainTimeoutMs: 10 } })
    const client = createClient(orders.url, await orders.identities.person()).orders
    const ends = expect(client.wait.query()).rejects.toThrow()
    await eventually(() => expect(orders.journal.executed).toEqual(['wait']))
    await orders.close()
    await ends
    orders.journal.gate.resolve()
  })

  test('closing twice is closing once, and the follower is left to its owner', async () => {
    const follower = new ScriptedFollower()
    const orders = await startOrders({ follower })
    expect(follower.listeners).toBe(2)
    await Promise.all([orders.close(), orders.close()])
    expect(follower.listeners).toBe(0)
  })

  test('an address that is taken is an error of listen', async () => {
    await using orders = await startOrders()
    const port = Number(new URL(orders.url).port)
    await expect(startOrders({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('limits', () => {
  test('a body above the limit is 413', async () => {
    await using orders = await startOrders({ limits: { bodyBytes: 100 } })
    const client = createClient(orders.url, await orders.identities.person()).orders
    expect((await refusalOf(client.create.mutate('x'.repeat(200))))[0]).toBe(413)
    expect(await client.create.mutate('tea')).toBe('tea')
  })

  test('a batch above the limit is 400', async () => {
    await using orders = await startOrders()
    const calls = (count: number) =>
      fetch(`${orders.url}/${Array(count).fill('orders.whoAmI').join()}?batch=1`)
    expect((await calls(50)).status).toBe(200)
    expect((await calls(51)).status).toBe(400)
  })

  test('headers above the limit are 431', async () => {
    await using orders = await startOrders()
    const status = await new Promise((resolve, reject) => {
      const headers = { 'x-filler': 'x'.repeat(17_000) }
      get(orders.url, { headers }, (response) => resolve(response.resume().statusCode)).on(
        'error',
        reject,
      )
    })
    expect(status).toBe(431)
  })

  test.each([{ bodyBytes: 0 }, { batchSize: 1.5 }, { drainTimeoutMs: Number.NaN }])(
    '%j is a TypeError',
    async (limits) => {
      await expect(startOrders({ limits })).rejects.toThrow(TypeError)
    },
  )
})

describe('concurrency', () => {
  test('five hundred requests of fifty people each get their own answer', async () => {
    await using orders = await startOrders()
    const people = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const subject = `usr_${n}` as const
        const headers = await orders.identities.person({ subject })
        return { subject, client: createClient(orders.url, headers).orders }
      }),
    )
    const rounds = Array.from({ length: 10 }, () =>
      people.map(async ({ subject, client }) => (await client.signedIn.query()) === subject),
    )
    expect((await Promise.all(rounds.flat())).every(Boolean)).toBe(true)
  })
})

async function expectConnectionRefused(url: string): Promise<void> {
  const agent = { agent: false as const }
  const error = await new Promise((resolve) =>
    get(`${url}/healthz`, agent, resolve).on('error', resolve),
  )
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
}
