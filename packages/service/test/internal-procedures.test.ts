import { createAssertionSigner, createKeyRing, generateSigningKey } from '@portcullis/context'
import { systemClock } from '@portcullis/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assertionHeaders } from '../src/index.ts'
import { createClient, type RunningOrders, refusalOf, startOrders } from './orders-service.ts'

let orders: RunningOrders
const REFUSED = [403, 'FORBIDDEN', 'ERR_CALLER_REQUIRED']

beforeAll(async () => {
  orders = await startOrders()
})
afterAll(() => orders[Symbol.asyncDispose]())
beforeEach(() => {
  orders.journal.executed.length = 0
})

const asService = async (...caller: Parameters<RunningOrders['identities']['service']>) =>
  createClient(orders.url, await orders.identities.service(...caller)).orders

describe('an internal procedure', () => {
  test('answers to a trusted service, and knows which', async () => {
    expect(await (await asService('worker')).internal.query()).toBe('worker')
    expect(await (await asService('gateway')).internal.query()).toBe('gateway')
  })

  test('is refused at the public door, whoever is signed in', async () => {
    const person = await orders.identities.person({ roles: ['system:admin'] })
    for (const headers of [{}, person]) {
      const client = createClient(orders.url, headers).orders
      expect(await refusalOf(client.internal.query())).toEqual(REFUSED)
    }
    expect(orders.journal.executed).toEqual([])
  })

  test('is refused for its mark alone, without any check in the procedure', async () => {
    expect(await refusalOf(createClient(orders.url).orders.markedOnly.query())).toEqual(REFUSED)
    expect(await (await asService('worker')).markedOnly.query()).toBe('ran')
    expect(orders.journal.executed).toEqual(['orders.markedOnly'])
  })

  test('in a batch ends the batch before any of it is executed', async () => {
    const client = createClient(orders.url).orders
    const calls = [client.whoAmI.query(), client.internal.query()]
    expect(await Promise.all(calls.map(refusalOf))).toEqual([REFUSED, REFUSED])
    expect(orders.journal.executed).toEqual([])
  })

  test('and a public one answer a trusted service in one batch', async () => {
    const client = await asService('worker')
    expect(await Promise.all([client.whoAmI.query(), client.internal.query()])).toEqual([
      null,
      'worker',
    ])
  })

  test('can be for some services only', async () => {
    expect(await (await asService('worker')).internalForWorker.query()).toBe('ran')
    expect(await refusalOf((await asService('gateway')).internalForWorker.query())).toEqual(REFUSED)
  })

  test('is found under every spelling of its path that tRPC takes', async () => {
    for (const path of ['orders.whoAmI%2Corders.internal?batch=1', 'orders%2Einternal'])
      expect((await fetch(`${orders.url}/${path}`)).status).toBe(403)
    for (const path of ['/orders.internal', 'x/../orders.internal', 'orders.internal/'])
      expect((await fetch(`${orders.url}/${path}`)).status).toBeGreaterThanOrEqual(403)
    expect(orders.journal.executed).toEqual([])
  })
})

describe('an assertion', () => {
  const INVALID = [401, 'UNAUTHORIZED', 'ERR_ASSERTION_INVALID']

  test('of a service that is not trusted is refused, also for a public procedure', async () => {
    expect(await refusalOf((await asService('stranger')).whoAmI.query())).toEqual(INVALID)
  })

  test('for another service is refused', async () => {
    expect(await refusalOf((await asService('worker', 'accounts')).internal.query())).toEqual(
      INVALID,
    )
  })

  test('is no context, and a context is no assertion', async () => {
    const { person, service } = orders.identities
    const [context] = Object.values(await person())
    const [assertion] = Object.values(await service('worker'))
    const swapped = {
      'x-portcullis-assertion': context ?? '',
      'x-portcullis-context': assertion ?? '',
    }
    for (const [name, token] of Object.entries(swapped)) {
      const client = createClient(orders.url, { [name]: token }).orders
      expect((await refusalOf(client.whoAmI.query()))[0]).toBe(401)
    }
  })

  test('beside a context: both are known', async () => {
    const headers = {
      ...(await orders.identities.person({ subject: 'usr_ada' })),
      ...(await orders.identities.service('worker')),
    }
    const client = createClient(orders.url, headers).orders
    expect(await Promise.all([client.signedIn.query(), client.caller.query()])).toEqual([
      'usr_ada',
      'worker',
    ])
  })

  test('assertionHeaders makes a stock client a trusted caller', async () => {
    const keyRing = await createKeyRing({ signing: await generateSigningKey() })
    const signer = createAssertionSigner({ service: 'billing', keyRing, clock: systemClock })
    const identities = { ...orders.identities, trust: { billing: keyRing.publicJwks() } }
    await using billed = await startOrders({ identities })
    const client = createClient(billed.url, assertionHeaders({ signer, audience: 'orders' }))
    expect(await client.orders.internal.query()).toBe('billing')
  })
})
