import { eventually } from '@portcullis/testing'
import { createTRPCClient, createWSClient, TRPCClientError, wsLink } from '@trpc/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { AppRouter } from '../../src/app-router.ts'
import type { AppProcess } from '../app-process.ts'
import { signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'

let installation: Installation
let gateway: AppProcess

beforeAll(async () => {
  installation = await startInstallation()
  const { start } = installation
  const [accounts, orders] = await Promise.all([start('accounts'), start('orders')])
  gateway = await start('gateway', { accountsUrl: accounts.url, ordersUrl: orders.url })
})
afterAll(() => installation?.[Symbol.asyncDispose]())

/** A stock client on one socket, as a page has it that is open while its person signs in and out. */
function openSocket(url: string, cookie: string) {
  class Socket extends WebSocket {
    constructor(address: string) {
      super(address, { headers: { cookie } })
    }
  }
  const state = { closes: [] as (number | undefined)[], opens: 0 }
  const socket = createWSClient({
    url: url.replace('http', 'ws'),
    WebSocket: Socket as never,
    onOpen: () => {
      state.opens += 1
    },
    onClose: (cause) => state.closes.push(cause?.code),
  })
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] })
  return Object.assign(state, { client, [Symbol.asyncDispose]: () => socket.close() })
}

const reasonOf = (error: unknown) =>
  error instanceof TRPCClientError ? error.data?.portcullis?.code : error

test('one socket calls and listens to services and gateway, follows a change, and ends with the session', async () => {
  const device = await signIn(gateway, 'ada')
  await using page = openSocket(gateway.url, device.cookie)
  const { client } = page
  const [me, orders, session] = await Promise.all([
    client.accounts.me.query(),
    client.orders.list.query({}),
    client.session.me.query(),
  ])
  expect(me).toMatchObject({ email: 'ada@example.com' })
  expect(orders).toBeTypeOf('object')
  expect(session?.subject).toBe('usr_ada')

  const changes: unknown[] = []
  const ends: unknown[] = []
  const listening = client.orders.onChange.subscribe(undefined, {
    onData: (change) => changes.push(change),
    onError: (error) => ends.push(reasonOf(error)),
  })
  await eventually(async () => {
    await client.orders.create.mutate({ item: 'tea', quantity: 1 })
    expect(changes.length).toBeGreaterThan(0)
  })

  await client.session.switchOrganization.mutate({ organization: 'org_globex' })
  await eventually(() => expect(page.opens).toBe(2))
  const heard = changes.length
  await eventually(async () => {
    await client.orders.create.mutate({ item: 'cocoa', quantity: 1 })
    expect(changes.length).toBeGreaterThan(heard)
  })
  expect(ends).toEqual([])

  await device.at(gateway).session.signOut.mutate()
  await eventually(() => expect(ends).toEqual(['ERR_SESSION_REVOKED']))
  await eventually(() => expect(page.closes).toContain(4401))
  await eventually(async () => expect(await client.session.me.query()).toBeNull())
  listening.unsubscribe()
})
