import { eventually } from '@portcullis/testing'
import { describe, expect, it } from 'vitest'
import { connect, startInstances } from './instances.ts'

const anvil = { item: 'Anvil', quantity: 2 }

describe('orders', () => {
  it('places, lists, reads and cancels for members of the active organization, on any instance', async () => {
    await using running = await startInstances(2)
    const headers = await running.headersOf({ subject: 'usr_ada' })
    const [here, there] = running.urls.map((url) => connect(url, headers))
    const placed = await here?.create.mutate(anvil)
    expect(placed).toMatchObject({ ...anvil, status: 'open', placedBy: 'usr_ada' })
    const id = placed?.id ?? ''
    expect(await there?.get.query({ id })).toEqual(placed)
    const cancelled = await there?.cancel.mutate({ id })
    expect(cancelled).toMatchObject({ id, status: 'cancelled' })
    expect(await here?.cancel.mutate({ id })).toEqual(cancelled)
    const listed = await here?.list.query()
    expect(listed).toEqual({ orders: [cancelled], lastEventId: 'org_acme.2' })
  })

  it('are not found by those of another organization', async () => {
    await using running = await startInstances(1)
    const [url = ''] = running.urls
    const owner = connect(url, await running.headersOf())
    const stranger = connect(url, await running.headersOf({ organization: 'org_globex' }))
    const { id } = await owner.create.mutate(anvil)
    const notFound = { data: { code: 'NOT_FOUND' } }
    await expect(stranger.get.query({ id })).rejects.toMatchObject(notFound)
    await expect(stranger.cancel.mutate({ id })).rejects.toMatchObject(notFound)
    expect((await stranger.list.query()).orders).toEqual([])
    expect((await owner.get.query({ id })).status).toBe('open')
  })

  it('are refused to whoever is not signed in, has no organization, or lacks the permission', async () => {
    await using running = await startInstances(1)
    const [url = ''] = running.urls
    const refusal = async (headers: Record<string, string>) => {
      const error = await connect(url, headers).create.mutate(anvil).catch(Object)
      return [error.data?.code, error.data?.portcullis?.code]
    }
    expect(await refusal({})).toEqual(['UNAUTHORIZED', 'ERR_SESSION_REQUIRED'])
    const alone = await running.headersOf({ organization: null })
    expect(await refusal(alone)).toEqual(['FORBIDDEN', 'ERR_ORGANIZATION_REQUIRED'])
    const reader = await running.headersOf({ permissions: ['orders:read'] })
    expect(await refusal(reader)).toEqual(['FORBIDDEN', 'ERR_PERMISSION_REQUIRED'])
    expect((await connect(url, reader).list.query()).orders).toEqual([])
  })

  it('tell a subscriber of changes made on another instance, after the id it came with', async () => {
    await using running = await startInstances(2)
    const headers = await running.headersOf()
    const [here = '', there = ''] = running.urls
    const { lastEventId } = await connect(here, headers).list.query()
    await connect(there, headers).create.mutate(anvil)
    const end = new AbortController()
    const response = await fetch(`${here}/orders.onChange`, {
      headers: { ...headers, accept: 'text/event-stream', 'last-event-id': lastEventId },
      signal: end.signal,
    })
    let received = ''
    const reading = (async () => {
      for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString()
    })().catch(() => {})
    await eventually(() => expect(received).toContain('id: org_acme.1'))
    await connect(there, headers).create.mutate({ ...anvil, item: 'Rocket' })
    await eventually(() => expect(received).toContain('Rocket'))
    end.abort()
    await reading
  })
})
