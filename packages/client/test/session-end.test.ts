import { setImmediate as turn } from 'node:timers/promises'
import { eventually } from '@portcullis/testing'
import { describe, expect, it } from 'vitest'
import { type CookieStore, createCookieStore, createPortcullisClient } from '../src/node.ts'
import { endSession, releaseSlowCall, type StockRouter, startStockServer } from './stock-server.ts'

const password = 'portcullis'
const unauthorized = { data: { code: 'UNAUTHORIZED' } }

function connect(url: string, options: { signedIn?: boolean; cookies?: CookieStore } = {}) {
  const ended = { times: 0 }
  const onSessionEnded = () => {
    ended.times += 1
  }
  return { ended, client: createPortcullisClient<StockRouter>({ url, onSessionEnded, ...options }) }
}

describe('onSessionEnded', () => {
  it('is called once for a session ended elsewhere, and once more after the next sign-in', async () => {
    await using server = await startStockServer()
    const { client, ended } = connect(server.url)
    for (const times of [1, 2]) {
      const { session } = await client.session.signIn.mutate({ password })
      endSession(session)
      const calls = [client.orders.list.query(), client.orders.list.query()]
      for (const call of calls) await expect(call).rejects.toMatchObject(unauthorized)
      await expect(client.orders.list.query()).rejects.toMatchObject(unauthorized)
      expect(ended.times).toBe(times)
    }
  })

  it('is called when session.me no longer knows anybody', async () => {
    await using server = await startStockServer()
    const { client, ended } = connect(server.url)
    const { session } = await client.session.signIn.mutate({ password })
    endSession(session)
    expect(await client.session.me.query()).toBeNull()
    await expect(client.orders.list.query()).rejects.toMatchObject(unauthorized)
    expect(ended.times).toBe(1)
  })

  it('is called when a subscription is ended for it', async () => {
    await using server = await startStockServer()
    const { client, ended } = connect(server.url)
    const { session } = await client.session.signIn.mutate({ password })
    const watch = async () => {
      for await (const _ of client.orders.onChange.subscribe({})) endSession(session)
    }
    await expect(watch()).rejects.toMatchObject(unauthorized)
    await eventually(() => expect(ended.times).toBe(1))
  })

  it('is not called for a failed sign-in, nor for a visitor who never signed in', async () => {
    await using server = await startStockServer()
    const { client, ended } = connect(server.url)
    await expect(client.session.signIn.mutate({ password: 'x' })).rejects.toMatchObject(
      unauthorized,
    )
    await expect(client.orders.list.query()).rejects.toMatchObject(unauthorized)
    expect(await client.session.me.query()).toBeNull()
    await expect(client.orders.list.query()).rejects.toMatchObject(unauthorized)
    expect(ended.times).toBe(0)
  })

  it('is not called for a sign-out of one’s own, nor for what that ends', async () => {
    await using server = await startStockServer()
    const { client, ended } = connect(server.url)
    await client.session.signIn.mutate({ password })
    const changes = client.orders.onChange.subscribe({})
    await changes.next()
    const rest = changes.next()
    await client.session.signOut.mutate()
    await expect(rest).rejects.toMatchObject(unauthorized)
    await expect(client.orders.list.query()).rejects.toMatchObject(unauthorized)
    expect(ended.times).toBe(0)
  })

  it('is called although a sign-out was given up before', async () => {
    await using server = await startStockServer()
    const { client, ended } = connect(server.url)
    const { session } = await client.session.signIn.mutate({ password })
    const signal = AbortSignal.abort()
    await expect(client.session.signOut.mutate(undefined, { signal })).rejects.toThrow()
    endSession(session)
    await expect(client.orders.list.query()).rejects.toMatchObject(unauthorized)
    expect(ended.times).toBe(1)
  })

  it('is not called for an answer that belongs to the session before', async () => {
    await using server = await startStockServer()
    const { client, ended } = connect(server.url)
    const { session } = await client.session.signIn.mutate({ password })
    const slow = client.orders.slow.query()
    const late = expect(slow).rejects.toMatchObject(unauthorized)
    await client.session.signIn.mutate({ password })
    endSession(session)
    releaseSlowCall()
    await late
    await turn()
    expect(ended.times).toBe(0)
  })

  it('knows a session it did not begin from session.me, or from the option signedIn', async () => {
    await using server = await startStockServer()
    const cookies = createCookieStore()
    const first = createPortcullisClient<StockRouter>({ url: server.url, cookies })
    const { session } = await first.session.signIn.mutate({ password })
    const asking = connect(server.url, { cookies })
    await asking.client.session.me.query()
    const told = connect(server.url, { cookies, signedIn: true })
    const unaware = connect(server.url, { cookies })
    endSession(session)
    for (const { client } of [asking, told, unaware]) {
      await expect(client.orders.list.query()).rejects.toMatchObject(unauthorized)
    }
    expect([asking, told, unaware].map(({ ended }) => ended.times)).toEqual([1, 1, 0])
  })
})
