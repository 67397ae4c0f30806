import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createClient, createStreamingClient, refusalOf, startOrders } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

describe('a request in flight', () => {
  test('has its signal aborted when its session is revoked, and no other has', async () => {
    const follower = new ScriptedFollower()
    await using orders = await startOrders({ follower })
    const { executed, aborted, gate } = orders.journal
    const as = async (session: `ses_${string}`) =>
      createClient(orders.url, await orders.identities.person({ session })).orders
    const [mine, other] = [await as('ses_mine'), await as('ses_other')]
    const calls = [mine.waitForSignal.query(), other.wait.query()]
    const mineEnds = refusalOf(calls[0] as Promise<unknown>)
    await eventually(() => expect(executed).toHaveLength(2))
    follower.revokeSession('ses_mine')
    expect(await mineEnds).toEqual([401, 'UNAUTHORIZED', 'ERR_SESSION_REVOKED'])
    expect(aborted).toEqual(['ERR_SESSION_REVOKED'])
    gate.resolve()
    expect(await calls[1]).toBe('done')
  })

  test('whose body arrives after the revocation is not executed', async () => {
    const follower = new ScriptedFollower()
    await using orders = await startOrders({ follower })
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const headers = await orders.identities.person({ session: 'ses_slow' })
    const response = fetch(`${orders.url}/orders.create`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: body.readable,
      duplex: 'half',
    })
    const writer = body.writable.getWriter()
    await writer.write(Buffer.from('"tea'))
    await eventually(() => expect(follower.isWatched('ses_slow')).toBe(true))
    follower.revokeSession('ses_slow')
    await writer.write(Buffer.from('"'))
    await writer.close()
    expect((await response).status).toBe(401)
    expect(orders.journal.executed).toEqual([])
  })

  test('has its signal aborted when its client goes away', async () => {
    await using orders = await startOrders()
    const { executed, aborted } = orders.journal
    const client = createClient(orders.url, await orders.identities.person()).orders
    const leaving = new AbortController()
    const call = client.waitForSignal.query(undefined, { signal: leaving.signal })
    const ends = expect(call).rejects.toThrow()
    await eventually(() => expect(executed).toEqual(['waitForSignal']))
    leaving.abort()
    await ends
    await eventually(() => expect(aborted).toEqual(['ERR_CLIENT_GONE']))
  })
})

describe('a stream', () => {
  test('ends with its session although its procedure looks at no signal', async () => {
    const follower = new ScriptedFollower()
    await using orders = await startOrders({ follower })
    const headers = await orders.identities.person({ session: 'ses_mine' })
    const stream = await createStreamingClient(orders.url, headers).orders.count.query()
    const seen: number[] = []
    const ends = refusalOf(
      (async () => {
        for await (const value of stream) seen.push(value)
      })(),
    )
    await eventually(() => expect(orders.journal.executed).toEqual(['count']))
    follower.revokeSession('ses_mine')
    expect(await ends).toEqual([401, 'UNAUTHORIZED', 'ERR_SESSION_REVOKED'])
    expect(seen).toEqual([0])
  })

  test('that is left alone ends by itself', async () => {
    await using orders = await startOrders()
    const headers = await orders.identities.person()
    orders.journal.gate.resolve()
    const stream = await createStreamingClient(orders.url, headers).orders.count.query()
    const seen = await Array.fromAsync(stream)
    expect(seen).toEqual([0, 1])
  })

  test('ends with the context it was opened with, to be opened again', async () => {
    // The time of a service that is four seconds ahead: a second or less is left of a context that ends now.
    const follower = new ScriptedFollower()
    follower.aheadMs = 4_000
    await using orders = await startOrders({ follower })
    const sessionEndsAt = Date.now() + 500
    const position = { epoch: 1, seq: 0 }
    const headers = await orders.identities.person({}, { position, sessionEndsAt })
    const stream = await createStreamingClient(orders.url, headers).orders.count.query()
    expect(await refusalOf(Array.fromAsync(stream))).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      'ERR_STREAM_EXPIRED',
    ])
  })
})
