import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { askService, headOf, signContext } from './contexts.ts'
import { type Client, signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'

let installation: Installation
let gateways: [first: AppProcess, second: AppProcess]
let orders: [first: AppProcess, second: AppProcess]

beforeAll(async () => {
  installation = await startInstallation()
  const { start } = installation
  const accounts = await Promise.all([start('accounts'), start('accounts')])
  orders = await Promise.all([start('orders'), start('orders')])
  const routes = (nth: 0 | 1) => ({ accountsUrl: accounts[nth].url, ordersUrl: orders[nth].url })
  gateways = await Promise.all([start('gateway', routes(0)), start('gateway', routes(1))])
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const WITHIN = { timeoutMs: 1_000 }

/** Somebody signed in at the first gateway, whom all four processes have in memory as they are now. */
async function known(person: 'ada' | 'grace') {
  const device = await signIn(gateways[0], person)
  const clients = gateways.map((gateway) => device.at(gateway)) as [Client, Client]
  for (const client of clients) await client.orders.list.query()
  const principal = await clients[0].session.me.query()
  if (principal === null) throw new Error('has just signed in')
  const position = await headOf(installation.redis)
  const context = await signContext({ ...installation, principal, audience: 'orders', position })
  const askOrders = () =>
    Promise.all(orders.map((service) => askService(service, 'orders.list', context)))
  expect(await askOrders()).toMatchObject([{ status: 200 }, { status: 200 }])
  return { device, clients, askOrders }
}

/** Both orders refuse what was said of the person before. */
async function expectOutdated({ askOrders }: Awaited<ReturnType<typeof known>>): Promise<void> {
  const outdated = { status: 503, code: 'ERR_CONTEXT_STALE' }
  expect(await askOrders()).toMatchObject([outdated, outdated])
}

describe('an organization that is switched', () => {
  test('is active at once where it was done and within a second everywhere, for that session alone', async () => {
    const ada = await known('ada')
    const other = await known('ada')
    const [here, there] = ada.clients
    await here.session.switchOrganization.mutate({ organization: 'org_globex' })
    await expectActive(here, 'org_globex')
    await eventually(() => expectActive(there, 'org_globex'), WITHIN)
    await eventually(() => expectOutdated(ada), WITHIN)
    for (const client of other.clients) await expectActive(client, 'org_acme')
  })

  test('is not the one before again in any of 200 requests under way at once', async () => {
    const { clients } = await known('ada')
    const watch = watchRequests(clients, async (client) => {
      const { lastEventId } = await client.orders.list.query()
      return lastEventId.startsWith('org_globex.') ? 2 : 1
    })
    await watch.answers(200)
    await clients[0].session.switchOrganization.mutate({ organization: 'org_globex' })
    await watch.answers(400)
    expect(await watch.end()).toEqual({ newest: [2, 2], wentBack: 0, failures: [] })
  })
})

describe('a role that another person changes', () => {
  test('holds for live sessions at both gateways, and both orders refuse what was before', async () => {
    const [ada, grace] = [await known('ada'), await known('grace')]
    await expect(grace.clients[1].accounts.members.list.query()).rejects.toMatchObject({
      data: { code: 'FORBIDDEN', portcullis: { code: 'ERR_PERMISSION_REQUIRED' } },
    })
    const change = { subject: 'usr_grace', role: 'admin' } as const
    const changed = await ada.clients[0].accounts.members.setRole.mutate(change)
    expect(changed).toMatchObject({ subject: 'usr_grace', propagated: 'enforced' })
    const now = { roles: ['admin'], claimsVersion: changed.version }
    await eventually(async () => {
      for (const { session, accounts } of grace.clients) {
        expect(await session.me.query()).toMatchObject(now)
        expect(await accounts.members.list.query()).toHaveLength(2)
      }
      await expectOutdated(grace)
    }, WITHIN)
  })

  test('is never an older one again in any of 200 requests under way at once', async () => {
    const [ada, grace] = [await known('ada'), await known('grace')]
    const watch = watchRequests(grace.clients, async ({ session }) => {
      const principal = await session.me.query()
      return principal?.claimsVersion ?? 0
    })
    await watch.answers(200)
    let version = 0
    for (const role of ['member', 'admin', 'member', 'admin'] as const) {
      const change = { subject: 'usr_grace', role } as const
      version = (await ada.clients[0].accounts.members.setRole.mutate(change)).version
      await watch.answers(200)
    }
    await eventually(() => expect(watch.newest()).toEqual([version, version]), WITHIN)
    await watch.answers(400)
    expect(await watch.end()).toEqual({ newest: [version, version], wentBack: 0, failures: [] })
  })
})

test('of changes that contradict each other at once one is the last, and the same everywhere', async () => {
  const [ada, grace] = [await known('ada'), await known('grace')]
  const rolesOf = new Map<number, Set<string>>()
  const watch = watchRequests(grace.clients, async ({ session }) => {
    const { claimsVersion = 0, roles = [] } = (await session.me.query()) ?? {}
    rolesOf.set(claimsVersion, (rolesOf.get(claimsVersion) ?? new Set()).add(roles.join()))
    return claimsVersion
  })
  await watch.answers(200)
  // Each gateway has an accounts of its own: two processes change the same rows.
  const changes = Array.from({ length: 30 }, (_, n) => {
    const { members } = ada.clients[n % 2 === 0 ? 0 : 1].accounts
    const role = n % 3 === 0 ? 'admin' : 'member'
    return members.setRole.mutate({ subject: 'usr_grace', role })
  })
  const versions = (await Promise.all(changes)).map(({ version }) => version)
  const last = Math.max(...versions)
  await eventually(() => expect(watch.newest()).toEqual([last, last]), WITHIN)
  await watch.answers(200)
  expect(await watch.end()).toEqual({ newest: [last, last], wentBack: 0, failures: [] })
  expect([...rolesOf.values()].every(({ size }) => size === 1)).toBe(true)
  const members = await ada.clients[0].accounts.members.list.query()
  const kept = members.find(({ subject }) => subject === 'usr_grace')?.role
  expect([...(rolesOf.get(last) ?? [])]).toEqual([kept])
})

test('who asks for what was changed has it decided by it, at a service that was frozen meanwhile', async () => {
  const [ada, grace] = [await known('ada'), await known('grace')]
  const change = (plan: 'team' | null) =>
    ada.clients[1].accounts.administration.setClaim.mutate({
      ...{ subject: 'usr_grace', name: 'plan', value: plan },
    })
  const many = { item: 'tea', quantity: 20_000 }
  orders[0].signal('SIGSTOP')
  const changed = change('team')
  await changed.finally(() => orders[0].signal('SIGCONT'))
  const { atLeast } = await changed
  expect(atLeast).not.toBeNull()
  await grace.device.client.orders.create.mutate(many, { context: { atLeast } })
  await change(null)
})

test('a member who is removed is refused with the next call everywhere, and is back when added again', async () => {
  const [ada, grace] = [await known('ada'), await known('grace')]
  const refused = {
    data: { code: 'FORBIDDEN', portcullis: { code: 'ERR_ORGANIZATION_REQUIRED' } },
  }
  const removed = await ada.clients[1].accounts.members.remove.mutate({ subject: 'usr_grace' })
  expect(removed).toMatchObject({ subject: 'usr_grace', propagated: 'enforced' })
  await expectOutdated(grace)
  for (const { session, orders, accounts } of grace.clients) {
    await expect(orders.list.query()).rejects.toMatchObject(refused)
    await expect(accounts.members.list.query()).rejects.toMatchObject(refused)
    expect(await session.me.query()).toMatchObject({ organization: null, roles: [] })
  }
  const added = { email: 'grace@example.com', role: 'member' } as const
  await ada.clients[0].accounts.members.add.mutate(added)
  await eventually(async () => {
    for (const client of grace.clients) await expectActive(client, 'org_acme')
  }, WITHIN)
})

describe('what holds for all members of an organization', () => {
  test('is edited once, and holds for each of them everywhere when the receipt says so', async () => {
    const [ada, grace] = [await known('ada'), await known('grace')]
    const { roles } = ada.clients[0].accounts
    const edit = { name: 'member', permissions: ['orders:read'] } as const
    const edited = await roles.define.mutate({ ...edit, permissions: [...edit.permissions] })
    expect(edited).toMatchObject({ organization: 'org_acme', propagated: 'enforced' })
    const order = { item: 'tea', quantity: 1 }
    for (const { orders } of grace.clients) {
      await expect(orders.create.mutate(order)).rejects.toMatchObject({
        data: { portcullis: { code: 'ERR_PERMISSION_REQUIRED' } },
      })
      await orders.list.query()
    }
    await expectOutdated(grace)
    await roles.define.mutate({ name: 'member', permissions: ['orders:read', 'orders:write'] })
    for (const { orders } of grace.clients) await orders.create.mutate(order)
  })

  test('never goes back in 500 requests under way while a role is edited', async () => {
    const [ada, grace] = [await known('ada'), await known('grace')]
    const underWay = 500
    const permissions = ['members:manage', 'roles:manage', 'orders:read', 'orders:write'] as const
    let count = 2
    const watch = watchRequests(
      grace.clients,
      async ({ session }) => {
        const principal = await session.me.query()
        return principal?.permissions.length ?? 0
      },
      underWay,
    )
    await watch.answers(underWay)
    for (count of [3, 4]) {
      const role = { name: 'member', permissions: permissions.slice(4 - count) }
      await ada.clients[0].accounts.roles.define.mutate(role)
      await watch.answers(underWay)
    }
    expect(await watch.end()).toEqual({ newest: [4, 4], wentBack: 0, failures: [] })
    const role = { name: 'member', permissions: permissions.slice(2) }
    await ada.clients[0].accounts.roles.define.mutate(role)
  })

  test('ends for people and organizations that are suspended, and comes back with them', async () => {
    const [ada, grace] = [await known('ada'), await known('grace')]
    const { administration } = ada.clients[0].accounts
    await administration.suspendUser.mutate({ subject: 'usr_grace' })
    for (const { orders } of grace.clients) {
      await expect(orders.list.query()).rejects.toMatchObject({
        data: { httpStatus: 403, portcullis: { code: 'ERR_SUBJECT_SUSPENDED' } },
      })
    }
    await administration.restoreUser.mutate({ subject: 'usr_grace' })
    await administration.suspendOrganization.mutate({ organization: 'org_acme' })
    for (const { session } of grace.clients) {
      expect(await session.me.query()).toMatchObject({ organization: null, permissions: [] })
    }
    await administration.restoreOrganization.mutate({ organization: 'org_acme' })
    for (const { orders } of grace.clients) await orders.list.query()
  })

  test('a claim of our own is in the next answer of every service', async () => {
    const [ada, grace] = [await known('ada'), await known('grace')]
    const { administration } = ada.clients[0].accounts
    const many = { item: 'tea', quantity: 20_000 }
    await expect(grace.clients[1].orders.create.mutate(many)).rejects.toMatchObject({
      data: { code: 'FORBIDDEN' },
    })
    await administration.setClaim.mutate({ subject: 'usr_grace', name: 'plan', value: 'team' })
    for (const { session, orders } of grace.clients) {
      expect(await session.me.query()).toMatchObject({ custom: { plan: 'team' } })
      await orders.create.mutate(many)
    }
    await administration.setClaim.mutate({ subject: 'usr_grace', name: 'plan', value: null })
  })
})

async function expectActive(client: Client, organization: string): Promise<void> {
  expect(await client.session.me.query()).toMatchObject({ organization })
  expect((await client.orders.list.query()).lastEventId).toMatch(`${organization}.`)
  expect(await client.accounts.me.query()).toMatchObject({ organization })
}

/**
 * Keeps requests under way, half of them at each gateway, and compares what each answers with the newest that its gateway
 * had answered before the request was sent.
 */
function watchRequests(
  clients: [Client, Client],
  ask: (client: Client) => Promise<number>,
  underWay = 200,
) {
  const newest: [number, number] = [0, 0]
  const failures: unknown[] = []
  let [wentBack, answered, isEnded] = [0, 0, false]

  async function keepAsking(nth: 0 | 1): Promise<void> {
    while (!isEnded) {
      const before = newest[nth]
      try {
        const version = await ask(clients[nth])
        if (version < before) wentBack += 1
        newest[nth] = Math.max(newest[nth], version)
      } catch (error) {
        failures.push(error)
      }
      answered += 1
    }
  }

  const asking = Array.from({ length: underWay }, (_, n) => keepAsking(n % 2 === 0 ? 0 : 1))
  return {
    newest: () => newest,
    /** Resolves when that many more requests have been answered. */
    answers(count: number) {
      const enough = answered + count
      return eventually(() => expect(answered).toBeGreaterThanOrEqual(enough), {
        timeoutMs: 10_000,
      })
    },
    async end() {
      isEnded = true
      await Promise.all(asking)
      return { newest, wentBack, failures }
    },
  }
}
