import { eventually } from '@portcullis/testing'
import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { startOrdersWithoutRedis } from './orders-without-redis.ts'

test('a service without Redis enforces a revocation, and what it ran was told to stop', async () => {
  await using orders = await startOrdersWithoutRedis({ leaseMs: 2_000 })
  const { position } = orders.follower
  const ada = await orders.caller('usr_ada', position)
  const grace = await orders.caller('usr_grace', position)
  expect(await ada.lease.query()).toBe('ran')
  const running = codeOf(ada.work.query())
  await orders.working

  const receipt = await orders.gateway.revoke({ subject: 'usr_ada' }, { reason: 'test' })
  expect(receipt).toMatchObject({
    level: 'enforced',
    instances: [{ service: 'orders', state: 'acknowledged' }],
  })
  expect(await running).toBe('ERR_SESSION_REVOKED')
  expect(await codeOf(ada.lease.query())).toBe('ERR_CONTEXT_STALE')
  expect(await grace.lease.query()).toBe('ran')
})

test('strict knows of what was said before it was asked, without any hint', async () => {
  await using orders = await startOrdersWithoutRedis({ leaseMs: 60_000, isDeaf: true })
  const ada = await orders.caller('usr_ada', orders.follower.position)
  const options = { reason: 'test', wait: 'majority' } as const
  const { position } = await orders.gateway.revoke({ subject: 'usr_ada' }, options)
  expect(await ada.lease.query()).toBe('ran')
  expect(await codeOf(ada.strict.query())).toBe('ERR_CONTEXT_STALE')
  expect(orders.follower.position).toEqual(position)
})

test('while no gateway can be reached, strict is refused at once and the rest with the lease', async () => {
  await using orders = await startOrdersWithoutRedis({ leaseMs: 1_000 })
  const ada = await orders.caller('usr_ada', orders.follower.position)
  expect(await ada.strict.query()).toBe('ran')
  orders.road.cut()
  expect(await codeOf(ada.strict.query())).toBe('ERR_UNVERIFIABLE')
  expect(await ada.lease.query()).toBe('ran')
  await eventually(async () => expect(await codeOf(ada.lease.query())).toBe('ERR_UNVERIFIABLE'))
  orders.road.heal()
  await eventually(async () => expect(await ada.strict.query()).toBe('ran'))
})

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  return error instanceof TRPCClientError ? error.data?.portcullis?.code : error
}
