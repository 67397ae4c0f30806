import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { eventually } from '@portcullis/testing'
import { createTRPCClient, httpBatchStreamLink, type TRPCClientError } from '@trpc/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ComposeRouters } from '../src/compose-routers.ts'
import type { GatewayRouters } from '../src/procedures/router.ts'
import { SESSION_COOKIE, type StartedDataPath, startDataPath } from './support/start-data-path.ts'
import {
  type ServiceRouter,
  serve,
  startPingingUpstream,
  startUpstream,
  type Upstream,
} from './support/upstream.ts'

type Services = { orders: ServiceRouter; users: ServiceRouter; odd: ServiceRouter }
type Router = ComposeRouters<Services & { dead: ServiceRouter } & GatewayRouters<never>>

let orders: Upstream
let users: Upstream
let odd: Upstream
let gateway: StartedDataPath
let answerOddly: (request: IncomingMessage, response: ServerResponse) => void

beforeAll(async () => {
  orders = await startUpstream('orders')
  users = await startUpstream('users')
  odd = await serve(createServer((request, response) => answerOddly(request, response)))
  const dead = await startUpstream('dead')
  gateway = await startDataPath({
    services: { orders: orders.url, users: users.url, odd: odd.url, dead: dead.url },
    limits: {
      batchHeadWaitMs: 300,
      batchLineBytes: 200_000,
      upstreamTimeoutMs: 1_000,
      breakerFailures: 100,
    },
  })
  await dead[Symbol.asyncDispose]()
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await Promise.all([orders, users, odd].map((upstream) => upstream[Symbol.asyncDispose]()))
})

const STREAMED = { 'trpc-accept': 'application/jsonl' }

function clientOf(cookie = SESSION_COOKIE, url = gateway.url) {
  const link = httpBatchStreamLink<Router>({ url, headers: { cookie } })
  return createTRPCClient<Router>({ links: [link] })
}

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of iterable) values.push(value)
  return values
}

/** What the odd service says it will still send: a value, and values. */
const owedSchema = z.object({
  a: z.custom<Promise<string>>((value) => value instanceof Promise),
  b: z.custom<AsyncIterable<string>>((value) => Symbol.asyncIterator in Object(value)),
})

const codeOf = (error: unknown) =>
  (error as TRPCClientError<Router>).data?.portcullis?.code ?? String(error)

/** What the calls of a batch came to: their values, or the codes of the gateway's errors. */
async function settled(calls: Promise<unknown>[]): Promise<unknown[]> {
  const answers = await Promise.allSettled(calls)
  return answers.map((answer) => ('value' in answer ? answer.value : codeOf(answer.reason)))
}

describe('a streamed batch over several services', () => {
  test('gives a stock client all that one server would: values, errors, nested promises, iterables', async () => {
    const client = clientOf()
    const seen = [orders.seen.length, users.seen.length]
    const [hello, nested, numbers, me, failed, breaking] = await Promise.allSettled([
      client.users.hello.query(),
      client.orders.nested.query(),
      client.users.count.query(3),
      client.session.me.query(),
      client.orders.fail.query(),
      client.orders.breaksOff.query(),
    ])
    if (nested.status !== 'fulfilled' || numbers.status !== 'fulfilled') throw nested
    if (breaking.status !== 'fulfilled') throw breaking
    expect(hello).toMatchObject({ value: 'hello' })
    expect(nested.value.now).toBe(1)
    expect(await nested.value.later).toBe('later')
    expect(await collect(nested.value.items)).toEqual([1, 2])
    expect(await collect(numbers.value)).toEqual([1, 2, 3])
    expect(me).toMatchObject({ value: { subject: 'usr_ada' } })
    expect(failed).toMatchObject({ reason: { data: { code: 'CONFLICT', path: 'orders.fail' } } })
    await expect(collect(breaking.value)).rejects.toMatchObject({ data: { code: 'CONFLICT' } })
    expect([orders.seen.length, users.seen.length]).toEqual(seen.map((count) => count + 1))
  })

  test('of mutations has the cookies of all services in its head, and headers on which they agree', async () => {
    const response = await fetch(`${gateway.url}/orders.add,users.add,session.signOut?batch=1`, {
      method: 'POST',
      headers: { ...STREAMED, 'content-type': 'application/json', cookie: '__Host-sid=ended' },
      body: JSON.stringify({ 0: { by: 1 }, 1: { by: 2 } }),
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('vary')).toBe('trpc-accept, accept, cookie, origin')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.getSetCookie()).toContain(
      '__Host-sid=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0',
    )
    const [head, ...lines] = (await response.text()).split('\n')
    expect(JSON.parse(head ?? '')).toEqual({
      0: [[0], [null, 0, 0]],
      1: [[0], [null, 0, 1]],
      2: [[0], [null, 0, 2]],
    })
    expect(lines.length).toBe(3 + 3 + 1 + 1)
  })

  test('gives what is there while another service is at work, and is aborted at all of them', async () => {
    const client = clientOf()
    const before = [orders.aborted.length, users.aborted.length]
    const leaving = new AbortController()
    const options = { signal: leaving.signal }
    const hanging = [
      client.orders.hang.query(undefined, options),
      client.users.hang.query(undefined, options),
    ]
    const [hello, ...gone] = [client.users.hello.query(undefined, options), ...hanging]
    expect(await hello).toBe('hello')
    leaving.abort()
    const answers = await Promise.allSettled(gone)
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await eventually(() =>
      expect([orders.aborted.length, users.aborted.length]).toEqual(before.map((n) => n + 1)),
    )
  })

  test('does not wait for a service that does not begin, whose calls then fail alone', async () => {
    answerOddly = () => {}
    const client = clientOf()
    const late = client.odd.hello.query()
    const [hello] = await settled([client.orders.hello.query()])
    expect(hello).toBe('hello')
    expect(await settled([late])).toEqual(['ERR_SERVICE_TIMEOUT'])
  })

  test('loses only the calls of a service that is down, unknown or talks nonsense', async () => {
    const HEAD = '{"0":[[0],[null,0,0]]}\n'
    for (const nonsense of ['<html>', '[1]', `${HEAD}[7,0,[[1]]]\n`, `${HEAD}{`, HEAD, '']) {
      answerOddly = (_request, response) => void response.end(nonsense)
      const client = clientOf()
      const answers = await settled([
        client.orders.hello.query(),
        client.dead.hello.query(),
        client.odd.hello.query(),
        client.session.me.query(),
      ])
      expect(answers).toEqual([
        'hello',
        'ERR_SERVICE_UNREACHABLE',
        'ERR_SERVICE_RESPONSE_INVALID',
        expect.objectContaining({ subject: 'usr_ada' }),
      ])
    }
    const paths = 'nobody.home,orders.hello'
    const response = await fetch(`${gateway.url}/${paths}?batch=1`, { headers: STREAMED })
    expect(response.status).toBe(200)
    const [head, unknown] = (await response.text())
      .split('\n')
      .map((line) => line && JSON.parse(line))
    expect(head).toEqual({ 0: [[0], [null, 0, 0]], 1: [[0], [null, 0, 1]] })
    expect(unknown).toMatchObject([0, 0, [[{ error: { data: { code: 'NOT_FOUND' } } }]]])
  })

  test('spreads the failure of a whole part over the calls of that part', async () => {
    const client = clientOf()
    const mixed = await fetch(`${gateway.url}/orders.add,orders.hello,users.add?batch=1`, {
      method: 'POST',
      headers: { ...STREAMED, 'content-type': 'application/json' },
      body: '{"2":{"by":2}}',
    })
    expect(mixed.status).toBe(200)
    const text = await mixed.text()
    expect(text.match(/"code":"BAD_REQUEST"/g)).toHaveLength(2)
    expect(text).toContain('{"added":2}')
    expect(await client.orders.hello.query()).toBe('hello')
  })

  test('ends what a service still owes when it dies in mid-stream, and goes on with the others', async () => {
    answerOddly = (_request, response) => {
      response.write('{"0":[[0],[null,0,0]],"1":[[0],[null,0,1]]}\n')
      response.write('[0,0,[[{"result":0}],["result",0,2]]]\n[2,0,[[{"data":0}],["data",0,3]]]\n')
      response.write('[3,0,[[{"a":0,"b":0}],["a",0,4],["b",1,5]]]\n[5,1,[["first"]]]\n')
      setTimeout(() => response.destroy(), 50)
    }
    const client = clientOf()
    const [owing, unanswered, counting] = await Promise.allSettled([
      client.odd.echo.query(1),
      client.odd.hello.query(),
      client.orders.count.query(3),
    ])
    if (counting.status !== 'fulfilled' || owing.status !== 'fulfilled') throw owing
    const { a, b } = owedSchema.parse(owing.value)
    expect(codeOf(await a.catch((error: unknown) => error))).toBe('ERR_SERVICE_UNREACHABLE')
    const values: string[] = []
    const read = async () => {
      for await (const value of b) values.push(value)
    }
    expect(codeOf(await read().catch((error: unknown) => error))).toBe('ERR_SERVICE_UNREACHABLE')
    expect(values).toEqual(['first'])
    expect(unanswered).toMatchObject({ reason: { data: { path: 'odd.hello' } } })
    expect(await collect(counting.value)).toEqual([1, 2, 3])
  })

  test('holds no more than a line of a service, and refuses a longer one', async () => {
    const client = clientOf()
    const answers = await settled([
      client.orders.flood.query(100_000).then(({ length }) => length),
      client.users.flood.query(300_000),
      client.users.hello.query(),
    ])
    expect(answers[0]).toBe(100_000)
    expect(answers[1]).toBe('ERR_SERVICE_RESPONSE_INVALID')
  })

  test('holds each part to the body limit of its service', async () => {
    await using small = await startDataPath({
      services: { orders: orders.url, users: { url: users.url, limits: { bodyBytes: 1_000 } } },
    })
    const client = clientOf(SESSION_COOKIE, small.url)
    const answers = await settled([
      client.orders.add.mutate({ by: 1 }),
      client.users.add.mutate({ by: 2, pad: 'x'.repeat(1_000) }),
    ])
    expect(answers).toEqual([{ added: 1 }, 'ERR_BODY_TOO_LARGE'])
  })

  test('passes pings on between lines', async () => {
    await using pinging = await startPingingUpstream('pinging')
    await using pinged = await startDataPath({
      services: { orders: orders.url, pinging: pinging.url },
    })
    const leaving = new AbortController()
    const response = await fetch(`${pinged.url}/orders.hello,pinging.hang?batch=1`, {
      headers: { ...STREAMED, cookie: SESSION_COOKIE },
      signal: leaving.signal,
    })
    const reader = response.body?.getReader()
    let text = ''
    while (!/\n {2,}$/.test(text)) {
      const chunk = await reader?.read()
      if (!chunk || chunk.done) throw new Error(`ended after ${text}`)
      text += Buffer.from(chunk.value).toString()
    }
    expect(text.split('\n').filter((line) => line.trim() !== '')).toHaveLength(4)
    leaving.abort()
  })
})

describe('the session of a streamed batch', () => {
  test('ends it for each call that is open, and what a call still owes', async () => {
    gateway.authenticator.add('token-of-grace', { subject: 'usr_grace' })
    const client = clientOf('__Host-sid=token-of-grace')
    const hanging = client.orders.hang.query()
    const [hello, owing] = await Promise.all([
      client.users.hello.query(),
      client.users.owing.query(),
    ])
    expect([hello, owing.now]).toEqual(['hello', 'now'])
    const iterator = owing.endless[Symbol.asyncIterator]()
    expect(await iterator.next()).toMatchObject({ value: 'first' })
    gateway.authenticator.end('token-of-grace')
    expect(await settled([hanging, owing.never, iterator.next()])).toEqual([
      'ERR_SESSION_REVOKED',
      'ERR_SESSION_REVOKED',
      'ERR_SESSION_REVOKED',
    ])
    await expect(hanging).rejects.toMatchObject({ data: { path: 'orders.hang' } })
    await eventually(() => expect(orders.aborted).toContain('orders.hang'))
  })

  test('that ended before it began fails the calls of the services, and leaves the gateway’s own answers', async () => {
    gateway.authenticator.add('token-of-linus', { subject: 'usr_linus' })
    answerOddly = () => gateway.authenticator.end('token-of-linus')
    const client = clientOf('__Host-sid=token-of-linus')
    const answers = await settled([
      client.orders.hello.query(),
      client.odd.hello.query(),
      client.session.me.query(),
    ])
    expect(answers).toEqual([
      'ERR_SESSION_REVOKED',
      'ERR_SESSION_REVOKED',
      expect.objectContaining({ subject: 'usr_linus' }),
    ])
  })

  test('that cannot be verified fails the calls of the services', async () => {
    await using cut = await startDataPath({ services: { orders: orders.url, users: users.url } })
    cut.authenticator.isUnreachable = true
    const client = clientOf(SESSION_COOKIE, cut.url)
    const calls = [client.orders.hello.query(), client.users.hello.query()]
    expect(await settled(calls)).toEqual(['ERR_UNVERIFIABLE', 'ERR_UNVERIFIABLE'])
  })
})

test('a slow reader of a streamed batch slows all its services down', async () => {
  const total = 64 * 1_048_576
  const line = `[2,1,[["${'x'.repeat(60_000)}"]]]\n`
  const sent = [0, 0]
  const flooding = (index: number) =>
    serve(
      createServer(async (_request, response) => {
        response.write('{"0":[[0],[null,0,0]]}\n[0,0,[[{"result":0}],["result",0,1]]]\n')
        response.write('[1,0,[[{"data":0}],["data",1,2]]]\n')
        for (; (sent[index] as number) < total; (sent[index] as number) += line.length) {
          if (!response.write(line)) await new Promise((resolve) => response.once('drain', resolve))
        }
        response.end('[2,0,[[]]]\n')
      }),
    )
  await using one = await flooding(0)
  await using other = await flooding(1)
  await using calm = await startDataPath({ services: { one: one.url, other: other.url } })
  const response = await fetch(`${calm.url}/one.a,other.a?batch=1`, {
    headers: { ...STREAMED, cookie: SESSION_COOKIE },
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let before = [-1, -1]
  await eventually(
    () => {
      const isStill = sent[0] === before[0] && sent[1] === before[1] && (sent[0] ?? 0) > 0
      before = [...sent]
      expect(isStill).toBe(true)
    },
    { intervalMs: 100 },
  )
  for (const bytes of sent) expect(bytes).toBeLessThan(total / 2)
  let received = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    received += value.length
  }
  expect(received).toBeGreaterThan(2 * total)
})
