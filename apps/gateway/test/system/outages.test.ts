import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { headOf } from './contexts.ts'
import { type Device, signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'

/** Short, so that what follows from its end need not be waited for long. */
const LEASE_MS = 2_000

let installation: Installation
let accounts: AppProcess
let orders: [first: AppProcess, second: AppProcess]
let gateways: [first: AppProcess, second: AppProcess]
let worker: AppProcess
/** Open through all of it: what was placed meanwhile, and what of it the subscription has brought. */
let watch: Awaited<ReturnType<typeof watchOrders>>
const placed: string[] = []

beforeAll(async () => {
  installation = await startInstallation({
    redis: { args: ['--appendonly', 'yes', '--appendfsync', 'always'] },
    leaseMs: LEASE_MS,
  })
  const { start } = installation
  const started = await Promise.all([start('accounts'), start('orders'), start('orders')])
  accounts = started[0]
  orders = [started[1], started[2]]
  const accountsUrl = accounts.url
  const [first, second, third] = await Promise.all([
    start('gateway', { accountsUrl, ordersUrl: orders[0].url }),
    start('gateway', { accountsUrl, ordersUrl: orders[1].url }),
    start('worker', { accountsUrl }, { OUTBOX_REPLAY_EVERY_MS: '200' }),
  ])
  gateways = [first, second]
  worker = third
  watch = await watchOrders(await signIn(first, 'ada'))
})
afterAll(async () => {
  watch?.stop()
  await installation?.[Symbol.asyncDispose]()
})

type Signal = 'SIGTERM' | 'SIGKILL'

async function end(process: AppProcess, signal: Signal): Promise<void> {
  process.signal(signal)
  await process.stop()
}

const failsWith = (code: string, reason: string) => ({
  data: { code, portcullis: { code: reason } },
})
const UNREACHABLE = failsWith('BAD_GATEWAY', 'ERR_SERVICE_UNREACHABLE')
const UNVERIFIABLE = failsWith('SERVICE_UNAVAILABLE', 'ERR_UNVERIFIABLE')

/** Open when it resolves; `seen` grows as orders change. */
async function watchOrders({ client }: Device) {
  const seen: string[] = []
  const { lastEventId } = await client.orders.list.query({ limit: 1 })
  const opened = Promise.withResolvers<void>()
  const subscription = client.orders.onChange.subscribe(
    { lastEventId },
    {
      onStarted: () => opened.resolve(),
      onData: ({ data }) => void seen.push(data.id),
      onError: opened.reject,
    },
  )
  await opened.promise
  return { seen, stop: () => subscription.unsubscribe() }
}

describe.each<Signal>(['SIGTERM', 'SIGKILL'])('%s ends', (signal) => {
  test('an orders: its calls say so, and others go on', async () => {
    const ada = await signIn(gateways[0], 'ada')
    const there = ada.at(gateways[1])
    await end(orders[0], signal)
    const { accounts, orders: away } = ada.at(gateways[0], { batch: true })
    const both = await Promise.allSettled([accounts.me.query(), away.list.query()])
    expect(both).toMatchObject([
      { status: 'fulfilled', value: { subject: 'usr_ada' } },
      { status: 'rejected', reason: UNREACHABLE },
    ])
    const { id } = await there.orders.create.mutate({ item: 'Anvil', quantity: 1 })
    placed.push(id)
    await orders[0].start()
    expect((await ada.at(gateways[0]).orders.get.query({ id })).id).toBe(id)
  })

  test('accounts: nobody can sign in, and who is signed in goes on with the rest', async () => {
    const ada = await signIn(gateways[0], 'ada')
    const here = ada.at(gateways[0])
    await here.orders.list.query()
    await end(accounts, signal)
    await expect(here.accounts.me.query()).rejects.toMatchObject(UNREACHABLE)
    await expect(signIn(gateways[0], 'grace')).rejects.toMatchObject(
      failsWith('SERVICE_UNAVAILABLE', 'ERR_SIGN_IN_UNAVAILABLE'),
    )
    for (const gateway of gateways) {
      expect(await ada.at(gateway).orders.list.query()).toBeDefined()
    }
    await accounts.start()
    expect(await here.accounts.me.query()).toMatchObject({ subject: 'usr_ada' })
    expect(await signIn(gateways[0], 'grace')).toBeDefined()
  })

  test('a gateway: the other knows the session, which works again where it was', async () => {
    const ada = await signIn(gateways[0], 'ada')
    const [here, there] = [ada.at(gateways[0]), ada.at(gateways[1])]
    await end(gateways[0], signal)
    await expect(here.orders.list.query()).rejects.toMatchObject({
      name: 'TRPCClientError',
      cause: { cause: { code: 'ECONNREFUSED' } },
    })
    const { id } = await there.orders.create.mutate({ item: 'Rocket', quantity: 1 })
    placed.push(id)
    await gateways[0].start()
    expect(await here.session.me.query()).toMatchObject({ session: ada.session.id })
  })

  test('Redis: what needs it says so at once, everything when the lease is over, and sessions go on when it is back', async () => {
    const { redis } = installation
    const [ada, other] = [await signIn(gateways[0], 'ada'), await signIn(gateways[0], 'ada')]
    const [here, there] = [ada.at(gateways[0]), other.at(gateways[1])]
    await here.orders.list.query()
    await (signal === 'SIGTERM' ? redis.stop() : redis.kill())
    await within(LEASE_MS, async () => {
      await expect(signIn(gateways[0], 'grace')).rejects.toMatchObject(UNVERIFIABLE)
      await expect(here.session.list.query()).rejects.toMatchObject(UNVERIFIABLE)
      const revoking = here.session.revoke.mutate({ session: other.session.id })
      await expect(revoking).rejects.toMatchObject(UNVERIFIABLE)
      await expect(there.orders.list.query()).rejects.toMatchObject(UNVERIFIABLE)
    })
    await eventually(async () => {
      await expect(here.orders.list.query()).rejects.toMatchObject(UNVERIFIABLE)
      await expect(here.session.me.query()).rejects.toMatchObject(UNVERIFIABLE)
    })
    await redis.restart()
    await everythingServes()
    expect(await there.accounts.me.query()).toMatchObject({ subject: 'usr_ada' })
    expect(await here.session.revoke.mutate({ session: other.session.id })).toMatchObject({
      ended: 1,
    })
    const refusal = () =>
      expect(there.orders.list.query()).rejects.toMatchObject({ data: { code: 'UNAUTHORIZED' } })
    await eventually(refusal, { timeoutMs: 1_000 })
  })

  test('the worker: a change that nobody could announce is announced once it is back', async () => {
    const { redis } = installation
    const [ada, grace] = [await signIn(gateways[0], 'ada'), await signIn(gateways[1], 'grace')]
    const { members } = ada.at(gateways[0]).accounts
    const found = (await members.list.query()).find(({ subject }) => subject === 'usr_grace')
    const role = found?.role === 'member' ? 'admin' : 'member'
    await end(worker, signal)
    await redis.kill()
    const changed = await members.setRole.mutate({ subject: 'usr_grace', role })
    expect(changed).toMatchObject({ propagated: 'indeterminate' })
    await redis.restart()
    await everythingServes()
    const { seq } = await headOf(redis)
    await worker.start()
    await eventually(async () => {
      expect((await headOf(redis)).seq).toBeGreaterThan(seq)
      for (const gateway of gateways) {
        expect(await grace.at(gateway).session.me.query()).toMatchObject({ roles: [role] })
      }
    })
  })

  test('each of them, and a subscription that was open all the time misses nothing and has nothing twice', async () => {
    await eventually(() => expect(watch.seen).toEqual(placed), { timeoutMs: 10_000 })
  })
})

/** Every process has a lease under the history of now: only it knows a session that begins now. */
async function everythingServes(): Promise<void> {
  const served = { timeoutMs: 10_000 }
  const linus = await eventually(() => signIn(gateways[0], 'linus'), served)
  await eventually(async () => {
    for (const gateway of gateways) {
      const { accounts, orders } = linus.at(gateway)
      await Promise.all([accounts.me.query(), orders.list.query()])
    }
  }, served)
}

/** Fails if it takes longer. */
async function within(limitMs: number, work: () => Promise<void>): Promise<void> {
  const startedAt = performance.now()
  await work()
  expect(performance.now() - startedAt).toBeLessThan(limitMs)
}
