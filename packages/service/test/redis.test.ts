import { randomBytes } from 'node:crypto'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
} from '@portcullis/revocation'
import { countCommands, eventually, startRedis } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { createClient, refusalOf, silent, startOrders } from './orders-service.ts'

const change = { subject: 'usr_ada', version: 2, id: 'change-1', cause: 'role-changed' } as const

test('a change of claims refuses older contexts, ends what runs, and admits newer ones', async () => {
  await using redis = await startRedis()
  await declareNewInstallation({ redisUrl: redis.url })
  await using follower = await createFollower({
    redisUrl: redis.url,
    name: 'orders',
    logger: silent,
  })
  const pepper = randomBytes(32).toString('base64url')
  await using publisher = createClaimsPublisher({ redisUrl: redis.url, name: 'accounts', pepper })
  await using orders = await startOrders({ follower })
  const person = async () =>
    orders.identities.person({ subject: 'usr_ada' }, { position: follower.position })

  const older = createClient(orders.url, await person()).orders
  const running = refusalOf(older.waitForSignal.query())
  await eventually(() => expect(orders.journal.executed).toEqual(['waitForSignal']))

  const { position } = await publisher.publish(change)
  expect(await running).toContain('ERR_CONTEXT_REVOKED')
  expect(follower.position).toEqual(position)
  expect(await refusalOf(older.signedIn.query())).toContain('ERR_CONTEXT_STALE')
  expect(await createClient(orders.url, await person()).orders.signedIn.query()).toBe('usr_ada')
})

test('a thousand requests on a warm cache cost no Redis command', async () => {
  await using redis = await startRedis()
  await declareNewInstallation({ redisUrl: redis.url })
  await using follower = await createFollower({
    redisUrl: redis.url,
    name: 'orders',
    logger: silent,
    // No fence in between: those are counted elsewhere.
    leaseMs: 600_000,
  })
  await using orders = await startOrders({ follower })
  const headers = await orders.identities.person({}, { position: follower.position })
  const client = createClient(orders.url, headers).orders
  await client.signedIn.query()
  await using count = await countCommands(redis.url)
  for (let round = 0; round < 20; round += 1)
    await Promise.all(Array.from({ length: 50 }, () => client.signedIn.query()))
  expect([...(await count.byConnection())]).toEqual([])
})
