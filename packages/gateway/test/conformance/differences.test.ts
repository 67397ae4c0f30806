import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../revocation/harness.ts'
import { requestRaw } from '../support/raw-request.ts'
import { callUntyped, subscribeUntyped } from './helpers.ts'
import { type Arrangement, type Installations, startInstallations } from './installations.ts'
import { outcomesOf, plain } from './observations.ts'
import { follow } from './subscribing.ts'
import { type Client, World } from './world.ts'

describe.each(['none', 'superjson'] as const)(
  'errors of the gateway, transformer %s',
  (transformer) => {
    test('are read by every link, in the transformer’s envelope', async () => {
      await using installations = await startInstallations(transformer)
      await using world = new World(installations.urls.split, transformer)
      const { single, batch, stream, events, socket } = world
      const ask = (client: Client) => callUntyped(client, 'gamma.hello', 'query')
      const outcomes = await outcomesOf(
        ...[ask(single), ask(batch), ask(stream), ask(socket)],
        ...[batch.alpha.hello.query(), ask(batch)],
        ...[stream.alpha.hello.query(), ask(stream)],
      )
      const unknown = 'NOT_FOUND ERR_SERVICE_UNKNOWN'
      expect(
        outcomes.map((outcome) => {
          const { error } = outcome as { error?: unknown }
          return error === undefined ? 'well' : codeOf(error)
        }),
      ).toEqual([unknown, unknown, unknown, unknown, 'well', unknown, 'well', unknown])
      const subscribed = follow((callbacks) => subscribeUntyped(events, 'gamma.ticks', callbacks))
      expect(codeOf((await subscribed).error)).toBe(unknown)
    })
  },
)

/** What differs, in words of one line each; whoever finds another one adds it here. */
describe('what no gateway that splits can hide', () => {
  let installations: Installations
  beforeAll(async () => {
    installations = await startInstallations('none')
  })
  afterAll(() => installations[Symbol.asyncDispose]())

  async function seen(run: (world: World) => unknown): Promise<Record<Arrangement, unknown>> {
    const observe = async (arrangement: Arrangement) => {
      await using world = new World(installations.urls[arrangement], 'none')
      return plain(await run(world))
    }
    return {
      direct: await observe('direct'),
      through: await observe('through'),
      split: await observe('split'),
    }
  }

  test('batchIndex counts within the part of a service', async () => {
    const indices = await seen(({ batch }) =>
      Promise.all([
        batch.alpha.batchIndex.query(),
        batch.beta.batchIndex.query(),
        batch.alpha.batchIndex.query(),
      ]),
    )
    expect(indices).toEqual({ direct: [0, 1, 2], through: [0, 1, 2], split: [0, 0, 1] })
  })

  test('createContext runs once for each service', async () => {
    const numbers = await seen(async ({ batch }) => {
      const [a, b] = await Promise.all([
        batch.alpha.contextNumber.query(),
        batch.alpha.contextNumber.query(),
      ])
      return a === b
    })
    expect(numbers).toEqual({ direct: true, through: true, split: true })
    const across = await seen(async ({ batch }) => {
      const [before] = await Promise.all([
        batch.alpha.contextNumber.query(),
        batch.beta.contextNumber.query(),
      ])
      const after = await batch.alpha.contextNumber.query()
      const [other] = await Promise.all([batch.beta.contextNumber.query()])
      return { alpha: after - before, isOneCount: other === after + 1 }
    })
    expect(across).toEqual({
      direct: { alpha: 1, isOneCount: true },
      through: { alpha: 1, isOneCount: true },
      split: { alpha: 1, isOneCount: false },
    })
  })

  test('responseMeta sees the calls of its service alone', async () => {
    const target = '/alpha.tinted,beta.hello?batch=1&input=%7B%220%22%3A%22x%22%7D'
    const tints = await seen(async (world) => (await world.raw(target)).headers['x-tint'] ?? null)
    expect(tints).toEqual({ direct: 'of 2', through: 'of 2', split: 'of 1' })
  })

  test('every answer has an id and the security headers that its service did not set', async () => {
    const names = await seen(async ({ url }) => {
      const { headers } = await fetch(`${url}/alpha.hello`)
      const added = ['x-request-id', 'x-content-type-options', 'content-security-policy']
      return [...added.map((name) => headers.has(name)), headers.get('cache-control')]
    })
    expect(names).toEqual({
      direct: [false, false, false, null],
      through: [true, true, true, 'no-store'],
      split: [true, true, true, 'no-store'],
    })
  })

  test('a merged answer varies by the cookie as well', async () => {
    const vary = await seen(async ({ url }) => {
      const response = await fetch(`${url}/alpha.hello,beta.hello?batch=1`)
      return response.headers.get('vary')
    })
    expect(vary).toEqual({
      direct: 'trpc-accept, accept',
      through: 'trpc-accept, accept',
      split: 'trpc-accept, accept, cookie',
    })
  })

  test('a batch of queries and a mutation fails in the part that is mixed, not in the others', async () => {
    const codes = await seen(async (world) => {
      const { body } = await world.raw('/alpha.hello,beta.hello,beta.touch?batch=1')
      return Array.isArray(body)
        ? body.map(({ error }) => error?.data.code ?? 'well')
        : 'one object'
    })
    expect(codes).toEqual({
      direct: 'one object',
      through: 'one object',
      split: ['well', 'BAD_REQUEST', 'BAD_REQUEST'],
    })
  })

  test('what no service has is said by the gateway: the same code, another text', async () => {
    const errors = await seen(async (world) => {
      const { status, body } = await world.raw('/gamma.hello')
      const { error } = body as { error: { data: { code: string; portcullis?: { code: string } } } }
      return [status, error.data.code, error.data.portcullis?.code ?? null]
    })
    expect(errors).toEqual({
      direct: [404, 'NOT_FOUND', null],
      through: [404, 'NOT_FOUND', null],
      split: [404, 'NOT_FOUND', 'ERR_SERVICE_UNKNOWN'],
    })
  })

  test('a body over the limit is refused before a procedure that does not read it runs', async () => {
    const long = 'y'.repeat(200_000)
    const outcomes = await seen(async ({ batch }) => {
      const both = await outcomesOf(batch.alpha.append.mutate(long), batch.alpha.touch.mutate())
      return both.map((outcome) => Object.keys(outcome as object)[0])
    })
    expect(outcomes).toEqual({
      direct: ['error', 'value'],
      through: ['error', 'error'],
      split: ['error', 'error'],
    })
  })

  test('targets that only some readers understand are refused', async () => {
    const odd = ['/x/../alpha.hello', '/%61lpha.hello', '//alpha.hello', '/alpha.hello?b%61tch=1']
    const statuses = await seen(({ url }) =>
      Promise.all(odd.map((target) => statusOf(url, `GET ${target} HTTP/1.1`))),
    )
    expect(statuses['direct']).toEqual([200, 200, 404, 200])
    expect(statuses['through']).toEqual([400, 400, 400, 400])
    expect(statuses['split']).toEqual(statuses['through'])
  })

  test('a socket that createContext refuses stays open; its calls fail with the service’s error', async () => {
    const refusals = await seen(async (world) => {
      const socket = await world.rawSocket('/', { 'x-refuse': '1' })
      socket.send({ id: 1, method: 'query', params: { path: 'alpha.hello' } })
      const [frame] = (await socket.next()) as { id: unknown; error: { message: string } }[]
      const closed = await Promise.race([socket.closed.then(() => true), pause(200, false)])
      return { id: frame?.id, message: frame?.error.message, closed }
    })
    expect(refusals).toEqual({
      direct: { id: null, message: 'no context', closed: true },
      through: { id: 1, message: 'no context', closed: false },
      split: { id: 1, message: 'no context', closed: false },
    })
  })

  test('ids of a socket stand for one call each', async () => {
    const answers = await seen(async (world) => {
      const socket = await world.rawSocket()
      const call = (path: string) => ({ id: 1, method: 'query', params: { path, input: 50 } })
      socket.send(call('alpha.slow'))
      socket.send(call('alpha.slow'))
      const frames = (await socket.next(2)) as { error?: { data: { code: string } } }[]
      return frames.map(({ error }) => error?.data.code ?? 'well')
    })
    expect(answers).toEqual({
      direct: ['well', 'well'],
      through: ['BAD_REQUEST', 'well'],
      split: ['BAD_REQUEST', 'well'],
    })
  })
})

async function statusOf(url: string, line: string): Promise<number> {
  const { status } = await requestRaw(Number(new URL(url).port), [line, 'Host: localhost'])
  return status
}

function pause<Value>(ms: number, value: Value): Promise<Value> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms))
}
