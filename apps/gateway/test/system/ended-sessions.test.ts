import { comparePositions, type Position } from '@portcullis/context'
import { createKeyspace } from '@portcullis/redis'
import { eventually, startTcpProxy, type TcpProxy } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { askService, headOf, signContext } from './contexts.ts'
import { type Device, signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'

let installation: Installation
let control: Redis
/** The way to Redis of the third gateway and the third orders alone, whose Redis user may not subscribe. */
let remote: TcpProxy
let gateways: [first: AppProcess, second: AppProcess, deaf: AppProcess]
let accounts: [first: AppProcess, second: AppProcess]
let orders: [first: AppProcess, second: AppProcess, deaf: AppProcess]

beforeAll(async () => {
  installation = await startInstallation()
  const { redis, start } = installation
  const target = new URL(redis.url)
  target.username = 'deaf'
  target.password = 'secret'
  control = new Redis(redis.url)
  const rights = ['~*', '+@all', 'resetchannels']
  await control.call('ACL', 'SETUSER', 'deaf', 'on', '>secret', ...rights)
  remote = await startTcpProxy({ target: target.href })
  const atRemote = { redisUrl: remote.url }
  accounts = await Promise.all([start('accounts'), start('accounts')])
  orders = await Promise.all([start('orders'), start('orders'), start('orders', atRemote)])
  const [{ url: accountsUrl }, { url: otherAccounts }] = accounts
  const [{ url: ordersUrl }, { url: otherOrders }] = orders
  const second = { accountsUrl: otherAccounts, ordersUrl: otherOrders }
  gateways = await Promise.all([
    start('gateway', { accountsUrl, ordersUrl }),
    start('gateway', second),
    start('gateway', { ...second, ...atRemote }),
  ])
})
afterAll(async () => {
  await installation?.[Symbol.asyncDispose]()
  await remote?.[Symbol.asyncDispose]()
  control?.disconnect()
})

/** The log is read every eighth of a lease of 5 s; the rest is for a busy machine. */
const NEXT_READ_MS = 1_500

const UNAUTHORIZED = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } }

/** Each ends the session of a device of Grace's through the first gateway, and no other device may notice. */
const WAYS: [name: string, end: (device: Device) => Promise<unknown>][] = [
  [
    'session.revoke from another device',
    async ({ session }) => {
      const other = await signIn(gateways[0], 'grace')
      return other.at(gateways[0]).session.revoke.mutate({ session: session.id })
    },
  ],
  [
    'session.revokeOthers from another device',
    async () => {
      const other = await signIn(gateways[0], 'grace')
      await other.at(gateways[0]).session.revokeOthers.mutate()
      expect(await other.at(gateways[0]).session.list.query()).toHaveLength(1)
    },
  ],
  [
    'admin.revokeSubject',
    async () => {
      const admin = await signIn(gateways[0], 'ada')
      return admin.at(gateways[0]).admin.revokeSubject.mutate({ subject: 'usr_grace' })
    },
  ],
  ['session.signOut', ({ at }) => at(gateways[0]).session.signOut.mutate()],
]

/** A device that every process has accepted, and what gateways sent for it: a context for each service. */
async function acceptedEverywhere() {
  const device = await signIn(gateways[0], 'grace')
  const position = await headOf(installation.redis)
  const principal = await device.at(gateways[0]).session.me.query()
  if (principal === null) throw new Error('has just signed in')
  const contextFor = (audience: string) =>
    signContext({ ...installation, principal, audience, position })
  const services = [
    ...accounts.map((at) => ({ at, path: 'accounts.me', audience: 'accounts' })),
    ...orders.map((at) => ({ at, path: 'orders.list', audience: 'orders' })),
  ]
  const known = await Promise.all(
    services.map(async ({ at, path, audience }) => {
      const context = await contextFor(audience)
      return { at, ask: (service = at) => askService(service, path, context) }
    }),
  )
  for (const gateway of gateways) {
    await device.at(gateway).orders.list.query()
    await device.at(gateway).accounts.me.query()
  }
  for (const { ask } of known) expect(await ask()).toMatchObject({ status: 200 })
  const asking = (service: AppProcess) => {
    const found = known.find(({ at }) => at === service)
    if (!found) throw new Error('no such service')
    return found.ask
  }
  return { device, asking }
}

async function expectRefusedBy(gateway: AppProcess, { at }: Device): Promise<void> {
  const client = at(gateway)
  expect(await client.session.me.query()).toBeNull()
  await expect(client.orders.list.query()).rejects.toMatchObject(UNAUTHORIZED)
  await expect(client.accounts.me.query()).rejects.toMatchObject(UNAUTHORIZED)
}

/** The service itself refuses the context, and says that it is at the event or past it. */
async function expectRefusedAs(
  ask: () => ReturnType<typeof askService>,
  event: Position,
): Promise<void> {
  const answer = await ask()
  expect(answer).toMatchObject({ status: 503, code: 'ERR_CONTEXT_STALE' })
  expect(comparePositions(answer.position ?? { epoch: 0, seq: 0 }, event)).toBeGreaterThanOrEqual(0)
}

describe.each(WAYS)('after %s', (_name, end) => {
  test('the gateway that did it refuses the next call, every other process within a second', async () => {
    const { device, asking } = await acceptedEverywhere()
    await end(device)
    await expectRefusedBy(gateways[0], device)
    const event = await headOf(installation.redis)
    const services = [...accounts, orders[0], orders[1]].map((service) => asking(service))
    const within = { timeoutMs: 1_000 }
    await Promise.all([
      eventually(() => expectRefusedBy(gateways[1], device), within),
      ...services.map((ask) => eventually(() => expectRefusedAs(ask, event), within)),
    ])
  })

  test('a gateway and a service that hear no hint refuse with their next read of the log', async () => {
    const { device, asking } = await acceptedEverywhere()
    // A gateway hears for itself, and for those that it relays to.
    const hearing =
      2 * [gateways[0], gateways[1]].length + [...accounts, orders[0], orders[1]].length
    const { hints } = createKeyspace()
    expect(await control.pubsub('NUMSUB', hints)).toEqual([hints, hearing])
    await end(device)
    const event = await headOf(installation.redis)
    const within = { timeoutMs: NEXT_READ_MS }
    await Promise.all([
      eventually(() => expectRefusedBy(gateways[2], device), within),
      eventually(() => expectRefusedAs(asking(orders[2]), event), within),
    ])
  })

  test('a gateway that was cut off gets nothing from a service that was not, and refuses when it is back', async () => {
    const { device, asking } = await acceptedEverywhere()
    remote.cut()
    await end(device)
    await expectRefusedBy(gateways[0], device)
    const event = await headOf(installation.redis)
    await eventually(() => expectRefusedAs(asking(orders[1]), event), { timeoutMs: 1_000 })
    const through = device.at(gateways[2]).orders.list.query()
    await expect(through).rejects.toMatchObject({
      data: { code: 'SERVICE_UNAVAILABLE', portcullis: { code: 'ERR_UNVERIFIABLE' } },
    })
    remote.heal()
    const within = { timeoutMs: 2_000 }
    await Promise.all([
      eventually(() => expectRefusedBy(gateways[2], device), within),
      eventually(() => expectRefusedAs(asking(orders[2]), event), within),
    ])
  })
})

test('a gateway and a service that are started afterwards refuse what was ended, however it was', async () => {
  const ended: Awaited<ReturnType<typeof acceptedEverywhere>>[] = []
  for (const [, end] of WAYS) {
    const accepted = await acceptedEverywhere()
    await end(accepted.device)
    ended.push(accepted)
  }
  const event = await headOf(installation.redis)
  const [{ url: accountsUrl }] = accounts
  const late = await installation.start('orders')
  const gateway = await installation.start('gateway', { accountsUrl, ordersUrl: late.url })
  for (const { device, asking } of ended) {
    await expectRefusedAs(() => asking(orders[0])(late), event)
    await expectRefusedBy(gateway, device)
  }
})
