import { createLogger } from '@portcullis/runtime'
import { eventually } from '@portcullis/testing'
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client'
import { describe, expect, test } from 'vitest'
import type { ComposeRouters } from '../../src/compose-routers.ts'
import type { AccessLogOptions } from '../../src/observe/access-log.ts'
import { exchangeRaw } from '../support/raw-request.ts'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import { SECRET } from '../support/start-gateway.ts'
import { type ServiceRouter, startUpstream } from '../support/upstream.ts'

type AppRouter = ComposeRouters<{ orders: ServiceRouter; stock: ServiceRouter }>

/** A gateway over two services, one of which may be away, and the lines of its access log. */
async function start(options: Partial<AccessLogOptions> = {}) {
  await using started = new AsyncDisposableStack()
  const orders = started.use(await startUpstream('orders'))
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ name: 'gateway', level: 'trace', destination })
  const gateway = started.use(
    await startDataPath({
      services: { orders: orders.url, stock: 'http://127.0.0.1:1' },
      observing: { accessLog: { logger, ...options }, pepper: SECRET },
    }),
  )
  const { url, port } = gateway
  const link = { url, headers: { cookie: `${SESSION_COOKIE}; theme=dark` } }
  const single = createTRPCClient<AppRouter>({ links: [httpLink(link)] })
  const batching = createTRPCClient<AppRouter>({ links: [httpBatchLink(link)] })
  const owned = started.move()
  return {
    url,
    port,
    single,
    batching,
    written: () => lines.join(''),
    /** Once there are so many. */
    read: (count: number) =>
      eventually(() => {
        expect(lines).toHaveLength(count)
        return lines.map((line) => JSON.parse(line))
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

describe('a line', () => {
  test('says what was called, how it ended, how long it took, and no more of the caller than that', async () => {
    await using gateway = await start()
    await gateway.single.orders.echo.query({ password: 'in the input' })
    const [line] = await gateway.read(1)
    expect(line).toMatchObject({
      msg: 'call',
      requestId: expect.any(String),
      traceId: expect.stringMatching(/^[\da-f]{32}$/),
      method: 'GET',
      form: 'json',
      calls: 1,
      path: 'orders.echo',
      service: 'orders',
      status: 200,
      code: 'OK',
      cacheHit: true,
      address: '127.0.0.0',
      session: expect.stringMatching(/^[\w-]{16}$/),
      durationMs: expect.any(Number),
      bytesIn: expect.any(Number),
      bytesOut: expect.any(Number),
    })
    expect(line.bytesOut).toBeGreaterThan(100)
    for (const secret of ['token-of-ada', 'dark', 'in the input', 'usr_ada', 'ses_1', '127.0.0.1'])
      expect(gateway.written()).not.toContain(secret)
  })

  test('is written for each call of a batch, with the fate of its own service', async () => {
    await using gateway = await start()
    const { orders, stock } = gateway.batching
    await Promise.allSettled([orders.hello.query(), stock.hello.query()])
    expect(await gateway.read(2)).toMatchObject([
      { index: 0, calls: 2, path: 'orders.hello', service: 'orders', status: 200, code: 'OK' },
      {
        ...{ index: 1, calls: 2, path: 'stock.hello', service: 'stock', level: 40 },
        ...{ status: 502, code: 'BAD_GATEWAY', error: 'ERR_SERVICE_UNREACHABLE' },
      },
    ])
  })

  test('leaves open what calls came to that share one status', async () => {
    await using gateway = await start()
    const { orders } = gateway.batching
    await Promise.allSettled([orders.hello.query(), orders.fail.query()])
    for (const line of await gateway.read(2)) {
      expect(line).toMatchObject({ status: 207, service: 'orders' })
      expect(line).not.toHaveProperty('code')
    }
  })

  test('tells the failure of a service from one of the gateway', async () => {
    await using gateway = await start()
    await gateway.single.orders.fail.query().catch(() => undefined)
    const [line] = await gateway.read(1)
    expect(line).toMatchObject({ status: 409, code: 'CONFLICT' })
    expect(line).not.toHaveProperty('error')
  })

  test('is written for what is no call, without what was sent instead', async () => {
    await using gateway = await start()
    await fetch(`${gateway.url}/orders.hello?token=s3cret&token=s3cret`)
    const [line] = await gateway.read(1)
    expect(line).toMatchObject({ msg: 'request', status: 400, error: 'ERR_TARGET_INVALID' })
    expect(gateway.written()).not.toContain('s3cret')
  })

  test('is written for a call of nobody, and for one whose client left', async () => {
    await using gateway = await start()
    await fetch(`${gateway.url}/billing.list`)
    const { port } = gateway
    await exchangeRaw(
      port,
      'GET /orders.flood?input=9000000 HTTP/1.1\r\nhost: a\r\n\r\n',
      () => true,
    )
    expect(await gateway.read(2)).toMatchObject([
      { path: 'billing.list', status: 404, code: 'NOT_FOUND', error: 'ERR_SERVICE_UNKNOWN' },
      { path: 'orders.flood', aborted: true },
    ])
  })
})

test('a stream has a line when it opens and one when it ends, with its events', async () => {
  await using gateway = await start()
  const leaving = new AbortController()
  const response = await fetch(`${gateway.url}/orders.ticks`, {
    headers: { accept: 'text/event-stream', cookie: SESSION_COOKIE },
    signal: leaving.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (let text = ''; !text.includes('second'); text += (await reader?.read())?.value ?? '');
  expect(await gateway.read(1)).toMatchObject([{ msg: 'stream open', path: 'orders.ticks' }])
  leaving.abort()
  const [, end] = await gateway.read(2)
  expect(end).toMatchObject({ form: 'sse', path: 'orders.ticks', status: 200, aborted: true })
  // connected, first, second
  expect(end.events).toBe(3)
})

describe('what is written', () => {
  test('is a share of what succeeds, and all that fails', async () => {
    await using gateway = await start({ sample: 0 })
    for (let i = 0; i < 5; i++) await gateway.single.orders.hello.query()
    await gateway.single.orders.fail.query().catch(() => undefined)
    expect(await gateway.read(1)).toMatchObject([{ path: 'orders.fail' }])
  })

  test('names a session alike each time, and not as another secret would', async () => {
    await using gateway = await start({ subject: 'hashed', address: 'hashed', level: 'debug' })
    await gateway.single.orders.hello.query()
    await gateway.single.orders.hello.query()
    const [first, second] = await gateway.read(2)
    expect(first).toMatchObject({ level: 20, subject: expect.stringMatching(/^[\w-]{16}$/) })
    expect(second).toMatchObject({ session: first.session, address: first.address })
    expect(new Set([first.session, first.subject, first.address]).size).toBe(3)
  })

  test('is refused if an option is wrong, and the option is named', async () => {
    await expect(start({ sample: 2 })).rejects.toThrow(/accessLog.*sample/s)
  })
})
