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

test('calls are measured by procedure and code, and contexts by whether they were known', async () => {
  const metrics = createPrometheusMetrics()
  await using orders = await startOrders({ metrics })
  const headers = await orders.identities.person({ roles: ['member'] })
  const client = createClient(orders.url, headers)
  await client.orders.whoAmI.query()
  await client.orders.whoAmI.query()
  await refusalOf(client.orders.asOwner.query())
  await refusalOf(client.orders.crash.query())
  await fetch(`${orders.url}/orders.madeUp`)
  const { body } = await metrics.render()
  const count = (labels: string) => `portcullis_procedure_duration_seconds_count{${labels}}`
  for (const line of [
    `${count('procedure="orders.whoAmI",code="OK"')} 2`,
    `${count('procedure="orders.asOwner",code="FORBIDDEN"')} 1`,
    `${count('procedure="orders.crash",code="INTERNAL_SERVER_ERROR"')} 1`,
    'portcullis_context_lookups_total{outcome="verified"} 1',
    'portcullis_context_lookups_total{outcome="memory"} 3',
  ])
    expect(body).toContain(line)
  expect(body).not.toContain('madeUp')
})
