import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { eventually, findFreePort } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppName, Surroundings } from '../environments.ts'
import { type Device, signIn } from '../system/devices.ts'
import { type Installation, startInstallation } from '../system/installation.ts'
import { type CollectedSpan, type Collector, startCollector } from './collector.ts'

let collector: Collector
let installation: Installation
let ada: Device
let gatewayUrl: string
const metricsUrls: string[] = []

/** Nobody is there; that there is one is enough for its metrics. */
const receiver = {
  kind: 'webhook',
  name: 'hooked',
  url: 'http://127.0.0.1:9/',
  secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`],
}

/** Any app with its metrics on a port, sending its spans to the collector. */
async function start(app: AppName, addresses: Partial<Surroundings> = {}) {
  const port = await findFreePort()
  metricsUrls.push(`http://127.0.0.1:${port}/metrics`)
  return installation.start(app, addresses, {
    METRICS_PORT: String(port),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    ...(app === 'worker' && { EVENT_RECEIVERS: JSON.stringify([receiver]) }),
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  })
}

beforeAll(async () => {
  collector = await startCollector()
  installation = await startInstallation()
  const [accounts, orders] = await Promise.all([start('accounts'), start('orders')])
  const addresses = { accountsUrl: accounts.url, ordersUrl: orders.url }
  const [gateway] = await Promise.all([
    start('gateway', addresses),
    start('worker', { ...addresses, keepsTrail: true }),
  ])
  gatewayUrl = gateway.url
  ada = await signIn(gateway, 'ada')
}, 120_000)

afterAll(async () => {
  await installation[Symbol.asyncDispose]()
  await collector[Symbol.asyncDispose]()
})

/** The spans of the trace with a span of the first name, once spans of all these names are in it. */
async function traceWith(...names: string[]): Promise<CollectedSpan[]> {
  return eventually(() => {
    const root = collector.spans.find(({ name }) => name === names[0])
    const spans = collector.spans.filter(({ traceId }) => traceId === root?.traceId)
    expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    return spans
  })
}

/** Services and names from a span up to the root. */
function pathOf(span: CollectedSpan | undefined, spans: readonly CollectedSpan[]): string[] {
  if (span === undefined) return []
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
  return [...pathOf(parent, spans), `${span.service} ${span.name}`]
}

describe('traces', () => {
  test('one leads from the gateway through the service to its database', async () => {
    await ada.client.orders.list.query({})
    const spans = await traceWith('GET orders.list', 'orders.list', 'GET', 'SELECT orders.orders')
    const statement = spans.find(({ name }) => name === 'SELECT orders.orders')
    expect(pathOf(statement, spans)).toEqual([
      'gateway GET orders.list',
      'gateway orders.list',
      'orders GET',
      'orders orders.list',
      'orders SELECT orders.orders',
    ])
    const root = spans.find(({ name }) => name === 'GET orders.list')
    expect(root).toMatchObject({ attributes: { 'http.response.status_code': expect.anything() } })
  })

  test('a batch over two services is one, and so is what the gateway asks of a service itself', async () => {
    await Promise.all([ada.client.orders.list.query({}), ada.client.accounts.me.query()])
    const spans = await traceWith('GET batch of 2', 'orders.list', 'accounts.me')
    expect(new Set(spans.map(({ service }) => service))).toEqual(
      new Set(['gateway', 'orders', 'accounts']),
    )
    const signIn = await traceWith('POST session.signIn', 'accounts.internal.verifyPassword')
    const names = signIn.map(({ service, name }) => `${service} ${name}`)
    expect(names).toContain('accounts accounts.internal.verifyPassword')
    // Redis commands on behalf of the request, and none of the fences.
    expect(signIn.some(({ attributes }) => attributes['db.system.name'] === 'redis')).toBe(true)
  })

  test('a trace that the client began goes on', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`
    await fetch(`${gatewayUrl}/orders.list`, { headers: { cookie: ada.cookie, traceparent } })
    await eventually(() => {
      const spans = collector.spans.filter((span) => span.traceId === traceId)
      expect(spans.map(({ service }) => service)).toEqual(
        expect.arrayContaining(['gateway', 'orders']),
      )
      expect(spans.some(({ parentSpanId }) => parentSpanId === 'b7ad6b7169203331')).toBe(true)
    })
  })

  test('a call on a WebSocket is a span below what asked for the socket', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
    const headers = { cookie: ada.cookie, traceparent, origin: gatewayUrl }
    const socket = new WebSocket(gatewayUrl.replace('http', 'ws'), { headers })
    await once(socket, 'open')
    socket.send('{"id":1,"method":"query","params":{"path":"orders.list","input":{}}}')
    const span = await eventually(() => {
      const found = collector.spans.find((each) => each.traceId === traceId)
      expect(found).toBeDefined()
      return found
    })
    expect(span).toMatchObject({
      service: 'gateway',
      name: 'query orders.list',
      parentSpanId: '00f067aa0ba902b7',
      attributes: { 'rpc.service': 'orders' },
    })
    socket.close()
  })

  test('no secret, person, input or statement is in any of them', async () => {
    await ada.client.orders.create.mutate({ item: 'unmistakable', quantity: 3 })
    await traceWith('POST orders.create', 'INSERT orders.orders')
    const [, token = ''] = ada.cookie.split('=')
    const personal = ['ada@example.com', 'unmistakable', token, 'usr_', 'ses_', 'org_acme']
    for (const value of [...personal, '127.0.0.1', 'eyJ', 'select ', 'insert into'])
      expect(collector.received()).not.toContain(value)
  })
})

describe('dashboards and alerts', () => {
  const infra = new URL('../../../../infra/', import.meta.url)

  /** What Prometheus would know after a scrape of every app. */
  async function exportedNames(): Promise<ReadonlySet<string>> {
    const bodies = await Promise.all(metricsUrls.map(async (url) => (await fetch(url)).text()))
    const types = bodies.join('\n').matchAll(/^# TYPE (\S+) (\S+)$/gm)
    return new Set(
      [...types].flatMap(([, name = '', type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    )
  }

  test.each(['alerts/portcullis.yaml', 'dashboards/portcullis.json'])(
    '%s uses metrics that the apps export, and no others',
    async (file) => {
      const text = await readFile(fileURLToPath(new URL(file, infra)), 'utf8')
      const expressions = text.matchAll(/"?expr"?: (.*)/g)
      const used = [...expressions].flatMap(([, expression = '']) =>
        [...expression.matchAll(/\b(?:portcullis|process|nodejs)_\w+/g)].map(([name]) => name),
      )
      expect(used.length).toBeGreaterThan(10)
      const exported = await exportedNames()
      expect([...new Set(used)].filter((name) => !exported.has(name))).toEqual([])
    },
  )

  test('every metric of ours is in the guide', async () => {
    const guide = await readFile(fileURLToPath(new URL('guides/observability.md', infra)), 'utf8')
    const names = [...(await exportedNames())]
      .filter((name) => name.startsWith('portcullis_'))
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    const missing = names.filter((name) => !guide.includes(name))
    expect([...new Set(missing)]).toEqual([])
  })
})
