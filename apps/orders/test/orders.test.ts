import { createId, type Principal } from '@portcullis/context'
import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Instances, startInstances } from './instances.ts'

const anvil = { item: 'Anvil', quantity: 2 }
let running: Instances
let here: string
let there: string

beforeAll(async () => {
  running = await startInstances(2)
  ;[here, there] = running.urls as [string, string]
})
afterAll(() => running?.[Symbol.asyncDispose]())

describe('orders', () => {
  it('are placed, read and cancelled by members of the active organization, on any instance', async () => {
    const organization = createId('org')
    const headers = await running.headersOf({ organization, subject: 'usr_ada' })
    const [first, second] = [connect(here, headers), connect(there, headers)]
    const placed = await first.create.mutate(anvil)
    expect(placed).toMatchObject({ ...anvil, status: 'open', placedBy: 'usr_ada' })
    const { id } = placed
    expect(await second.get.query({ id })).toEqual(placed)
    const cancelled = await second.cancel.mutate({ id })
    expect(cancelled).toMatchObject({ id, status: 'cancelled' })
    expect(await first.cancel.mutate({ id })).toEqual(cancelled)
    const lastEventId = `${organization}.2`
    expect(await first.list.query()).toEqual({ orders: [cancelled], lastEventId })
  })

  it('are not found by those of another organization', async () => {
    const owner = connect(here, await running.headersOf({ organization: createId('org') }))
    const stranger = connect(here, await running.headersOf({ organization: createId('org') }))
    const { id } = await owner.create.mutate(anvil)
    const notFound = { data: { code: 'NOT_FOUND' } }
    await expect(stranger.get.query({ id })).rejects.toMatchObject(notFound)
    await expect(stranger.cancel.mutate({ id })).rejects.toMatchObject(notFound)
    expect((await stranger.list.query()).orders).toEqual([])
    expect((await owner.get.query({ id })).status).toBe('open')
  })

  it.each<[string, Partial<Principal>, string]>([
    ['has no organization', { organization: null }, 'ERR_ORGANIZATION_REQUIRED'],
    ['may only read', { permissions: ['orders:read'] }, 'ERR_PERMISSION_REQUIRED'],
  ])('are not placed by a person who %s', async (_, principal, code) => {
    const client = connect(here, await running.headersOf(principal))
    const refused = { data: { code: 'FORBIDDEN', portcullis: { code } } }
    await expect(client.create.mutate(anvil)).rejects.toMatchObject(refused)
  })

  it('are read on the lease, and not cancelled without a proof of that moment', async () => {
    const client = connect(here, await running.headersOf({ organization: createId('org') }))
    const { id } = await client.create.mutate(anvil)
    running.redis.pause()
    expect((await client.get.query({ id })).status).toBe('open')
    const refused = { data: { httpStatus: 503, portcullis: { code: 'ERR_UNVERIFIABLE' } } }
    await expect(client.cancel.mutate({ id })).rejects.toMatchObject(refused)
    running.redis.resume()
    await eventually(async () => {
      expect((await client.cancel.mutate({ id })).status).toBe('cancelled')
    })
  })

  it('are not shown to anybody who is not signed in', async () => {
    const refused = { data: { code: 'UNAUTHORIZED', portcullis: { code: 'ERR_SESSION_REQUIRED' } } }
    await expect(connect(here, {}).list.query()).rejects.toMatchObject(refused)
  })

  it('tell a subscriber of changes made on another instance, after the id it came with', async () => {
    const organization = createId('org')
    const headers = await running.headersOf({ organization })
    const { lastEventId } = await connect(here, headers).list.query()
    const elsewhere = connect(there, headers)
    await elsewhere.create.mutate(anvil)
    await using stream = await openStream(`${here}/orders.onChange`, { ...headers, lastEventId })
    await eventually(() => expect(stream.received()).toContain(`id: ${organization}.1`))
    await elsewhere.create.mutate({ ...anvil, item: 'Rocket' })
    await eventually(() => expect(stream.received()).toContain('Rocket'))
  })
})

/** Server-sent events as they come. */
async function openStream(url: string, { lastEventId = '', ...headers }: Record<string, string>) {
  const end = new AbortController()
  const accept = { accept: 'text/event-stream', 'last-event-id': lastEventId }
  const response = await fetch(url, { headers: { ...headers, ...accept }, signal: end.signal })
  let received = ''
  const reading = (async () => {
    for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString()
  })()
  return {
    received: () => received,
    async [Symbol.asyncDispose]() {
      end.abort()
      await reading.catch(() => undefined)
    },
  }
}
