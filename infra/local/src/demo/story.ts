import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from 'gateway/app-router'
import { createDevice, type Device } from './device.ts'
import { expectThat } from './expectation.ts'
import { codeOf, expectAccepted, expectRefused, withinBound } from './refusals.ts'
import type { Stage } from './stage.ts'
import { watchOrders } from './watch-orders.ts'

/** Tells what happens and how long it took. */
export type Narrator = <Result>(
  what: string,
  scene: (note: (detail: string) => void) => Promise<Result>,
) => Promise<Result>

const ORDERS = '/orders.list'
/** A service that knows more than a context says so; a gateway would then make a new one, or find that it cannot. */
const STALE = 503
const PASSWORD = 'portcullis'
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile Safari/605.1'

/**
 * The tour. Each scene fails unless it went as told.
 *
 * @throws {ExpectationError} above all if a revoked session is accepted anywhere.
 */
export async function tell(stage: Stage, narrate: Narrator): Promise<void> {
  const { gateways, tap } = stage
  const laptop = createDevice("Grace's laptop", FIREFOX, gateways)
  const phone = createDevice("Grace's phone", IPHONE, gateways)
  const admin = createDevice("Ada's laptop", FIREFOX, gateways)

  await narrate('Grace signs in on a laptop and on a phone, Ada as administrator', async (note) => {
    await signIn(laptop, 'grace@example.com')
    await signIn(phone, 'grace@example.com')
    await signIn(admin, 'ada@example.com')
    const sessions = await laptop.client.session.list.query()
    expectThat(sessions.length === 2, 'Grace has two sessions')
    note(sessions.map(({ device }) => device.label).join(', '))
    for (const device of [laptop, phone, admin]) await expectAccepted(device)
  })

  await narrate('one request spans two services', async (note) => {
    const before = laptop.requests
    const [me, orders] = await Promise.all([
      laptop.client.accounts.me.query(),
      laptop.client.orders.list.query({}),
    ])
    expectThat(laptop.requests === before + 1, 'both calls went out as one request')
    note(`accounts.me says ${me.organization}, orders.list has ${orders.orders.length} orders`)
  })

  await narrate("a subscription runs: the phone sees the laptop's order", async (note) => {
    using watch = watchOrders(phone.client)
    await watch.opened
    const arriving = watch.next()
    const created = await laptop.client.orders.create.mutate({ item: 'tea', quantity: 2 })
    const seen = await arriving
    expectThat(seen.id === created.id, 'the phone sees the order that was created')
    note(`${seen.quantity} x ${seen.item}`)
  })

  await narrate('Ada makes Grace an administrator of org_acme, no new sign-in', async (note) => {
    const refused = await laptop.client.accounts.members.list.query().then(() => 'accepted', codeOf)
    expectThat(refused === 'FORBIDDEN', 'a member may not list members')
    await setRole(admin, 'admin')
    const members = await laptop.client.accounts.members.list.query()
    note(`now Grace sees ${members.length} members`)
  })

  await narrate('Ada takes it back', async () => {
    await setRole(admin, 'member')
    const refused = await laptop.client.accounts.members.list.query().then(() => 'accepted', codeOf)
    expectThat(refused === 'FORBIDDEN', 'a member may not list members')
  })

  await narrate('Ada switches to org_globex and back within her session', async (note) => {
    await admin.client.session.switchOrganization.mutate({ organization: 'org_globex' })
    const globex = await admin.client.orders.list.query({})
    expectThat(globex.orders.length === 0, 'org_globex has no orders')
    await admin.client.session.switchOrganization.mutate({ organization: 'org_acme' })
    const acme = await admin.client.orders.list.query({})
    expectThat(acme.orders.length === 1, 'org_acme has the order')
    note('each sees its own orders')
  })

  await narrate("the laptop ends the phone's session", async (note) => {
    using watch = watchOrders(phone.client)
    await watch.opened
    const { id } = await phone.client.session.list.query().then(currentOf)
    const askedAt = performance.now()
    await laptop.client.session.revoke.mutate({ session: id })
    await expectRefused(phone)
    note(`refused by both gateways ${since(askedAt)} after it was asked for`)
    const cutAt = await watch.cutAt
    note(`its subscription was cut ${(cutAt - askedAt).toFixed(0)} ms after`)
    await expectAccepted(laptop)
  })

  await narrate(
    'Ada revokes all of Grace; a stolen context is refused by orders itself',
    async (note) => {
      await laptop.client.orders.list.query({})
      expectThat((await tap.replay(ORDERS)) === 200, 'orders accepts it while the session lives')
      const { receipt } = await admin.client.admin.revokeSubject.mutate({ subject: 'usr_grace' })
      expectThat(receipt.level === 'enforced', `the receipt says ${receipt.level}`)
      note(describeReceipt(receipt))
      let status = 0
      const revokedAt = performance.now()
      await withinBound(async () => {
        status = await tap.replay(ORDERS)
        expectThat(status === STALE, `orders refuses the stolen context, it answered ${status}`)
      })
      note(
        `good for minutes by its signature, refused as stale (${status}) after ${since(revokedAt)}`,
      )
    },
  )

  await narrate('nothing of Grace is accepted anywhere, Ada works on', async () => {
    for (const device of [laptop, phone]) await expectRefused(device)
    await expectAccepted(admin)
  })

  await narrate('Ada signs out', async () => {
    await admin.client.session.signOut.mutate()
    await expectRefused(admin)
  })
}

async function signIn(device: Device, email: string): Promise<void> {
  await device.client.session.signIn.mutate({ email, password: PASSWORD })
}

async function setRole(admin: Device, role: 'admin' | 'member'): Promise<void> {
  await admin.client.accounts.members.setRole.mutate({ subject: 'usr_grace', role })
}

function currentOf<Entry extends { current: boolean }>(entries: readonly Entry[]): Entry {
  const current = entries.find((entry) => entry.current)
  expectThat(current !== undefined, 'one session is the current one')
  return current
}

const since = (startedAt: number) => `${(performance.now() - startedAt).toFixed(0)} ms`

/** Who has applied it, how they got there, and when the last one had. */
function describeReceipt({ level, instances, tookMs }: Receipt): string {
  const states = instances.map(({ service, state, afterMs }) => {
    return `${service} ${state} after ${afterMs?.toFixed(0)} ms`
  })
  return `receipt: ${level} in ${tookMs.toFixed(0)} ms; ${states.join(', ')}`
}

type Receipt = inferRouterOutputs<AppRouter>['admin']['revokeSubject']['receipt']
