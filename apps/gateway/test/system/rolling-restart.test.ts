import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'

/** Longer than a gateway takes to see that a server is not ready any more. */
const ORDERS_DRAIN = { DRAIN_DELAY_MS: '2500' }
const GATEWAY_DRAIN = { DRAIN_DELAY_MS: '1000', REUSE_PORT: '1' }
const LOOPS = 6

let installation: Installation
let orders: [first: AppProcess, second: AppProcess]
let gateway: AppProcess
let surroundings: { accountsUrl: string; ordersUrl: string }

beforeAll(async () => {
  installation = await startInstallation()
  const { start } = installation
  const [accounts, ...both] = await Promise.all([
    start('accounts'),
    start('orders', {}, ORDERS_DRAIN),
    start('orders', {}, ORDERS_DRAIN),
  ])
  orders = both
  surroundings = {
    accountsUrl: accounts.url,
    ordersUrl: orders.map(({ url }) => url).join(','),
  }
  gateway = await start('gateway', surroundings, GATEWAY_DRAIN)
})
afterAll(() => installation?.[Symbol.asyncDispose]())

/** Clients with kept connections that read and write one after the other, until they are told to stop. */
function putUnderLoad(url: string, cookie: string) {
  const failures: string[] = []
  const created = new Set<string>()
  let [reads, writes, isOver] = [0, 0, false]

  async function call(path: string, init?: RequestInit): Promise<unknown> {
    try {
      const response = await fetch(`${url}/${path}`, { ...init, headers: { cookie, ...JSON_TYPE } })
      const text = await response.text()
      if (!response.ok) throw new Error(`${response.status} ${text}`)
      return JSON.parse(text).result.data
    } catch (error) {
      failures.push(`${init?.method ?? 'GET'} ${String(error)} ${(error as Error).cause ?? ''}`)
      return undefined
    }
  }

  async function loop() {
    while (!isOver) {
      const order = await call('orders.create', { method: 'POST', body: ORDER })
      writes++
      created.add(String((order as { id?: unknown } | undefined)?.id))
      await call(`orders.list?input=${encodeURIComponent('{"limit":1}')}`)
      reads++
    }
  }

  const loops = Array.from({ length: LOOPS }, loop)
  return {
    async stop() {
      isOver = true
      await Promise.all(loops)
      return { failures, reads, writes, created: created.size }
    },
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }
const ORDER = JSON.stringify({ item: 'tea', quantity: 1 })

describe('under load, no request fails while', () => {
  test('a service is restarted, one server after the other', async () => {
    const { cookie } = await signIn(gateway, 'ada')
    const load = putUnderLoad(gateway.url, cookie)
    for (const server of orders) {
      await server.stop()
      await server.start()
    }
    const { failures, reads, writes, created } = await load.stop()
    expect(failures).toEqual([])
    expect(created).toBe(writes)
    expect(reads).toBeGreaterThan(20)
  }, 60_000)

  test('a gateway is replaced by another at the same address', async () => {
    const { cookie } = await signIn(gateway, 'ada')
    const load = putUnderLoad(gateway.url, cookie)
    const { port } = new URL(gateway.url)
    const next = await installation.start('gateway', surroundings, { ...GATEWAY_DRAIN, PORT: port })
    await gateway.stop()
    gateway = next
    const { failures, reads, writes, created } = await load.stop()
    expect(failures).toEqual([])
    expect(created).toBe(writes)
    expect(reads).toBeGreaterThan(20)
    expect((await fetch(`${next.url}/readyz`)).status).toBe(200)
  }, 60_000)
})
