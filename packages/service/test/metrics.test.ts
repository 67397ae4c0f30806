import { createPrometheusMetrics } from '@portcullis/runtime/prometheus'
import { expect, test } from 'vitest'
import { createClient, refusalOf, startOrders } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

test('refusals are counted by reason, once for a request however many calls it has', async () => {
  const follower = new ScriptedFollower()
  const metrics = createPrometheusMetrics()
  await using orders = await startOrders({ follower, metrics })
  const client = createClient(orders.url, await orders.identities.person({ roles: ['member'] }))
  await refusalOf(client.orders.asOwner.query())
  await refusalOf(createClient(orders.url).orders.signedIn.query())
  follower.fresh = false
  const batch = [client.orders.signedIn.query(), client.orders.whoAmI.query()]
  await Promise.all(batch.map(refusalOf))
  await refusalOf(client.orders.crash.query())
  const { body } = await metrics.render()
  const counted = body.split('\n').filter((line) => line.startsWith('portcullis_refusals_total{'))
  expect(counted.toSorted()).toEqual([
    'portcullis_refusals_total{reason="ERR_ROLE_REQUIRED"} 1',
    'portcullis_refusals_total{reason="ERR_SESSION_REQUIRED"} 1',
    'portcullis_refusals_total{reason="ERR_UNVERIFIABLE"} 2',
  ])
})
