import { isNonJsonSerializable, loggerLink, retryLink, splitLink } from '@trpc/client'
import { conformance, scenario } from './conformance.ts'
import { codeOfOutcome } from './helpers.ts'
import { drain, outcomeOf, outcomesOf } from './observations.ts'
import type { StockRouter } from './stock/stock-server.ts'
import { follow } from './subscribing.ts'
import type { World } from './world.ts'

const retry = () =>
  retryLink<StockRouter>({
    retry: ({ attempts, error }) => attempts < 3 && error.data?.httpStatus === 503,
  })

/** What applications usually have: subscriptions, uploads and all else by a way of their own. */
const usual = (world: World) =>
  world.client(
    loggerLink({ enabled: () => false }),
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: world.httpSubscriptionLink(),
      false: splitLink({
        condition: ({ input }) => isNonJsonSerializable(input),
        true: world.httpLink(),
        false: world.httpBatchStreamLink(),
      }),
    }),
  )

conformance('retryLink', [
  scenario(
    'repeats what may pass, over httpLink',
    (world) => world.client(retry(), world.httpLink()).alpha.flaky.mutate('single'),
    'at last',
  ),
  scenario(
    'repeats what may pass, of a batch',
    (world) => {
      const client = world.client(retry(), world.httpBatchLink())
      return Promise.all([client.alpha.flaky.mutate('batch'), client.beta.flaky.mutate('batch')])
    },
    ['at last', 'at last'],
  ),
  scenario(
    'repeats what may pass, of a streamed batch',
    (world) => {
      const client = world.client(retry(), world.httpBatchStreamLink())
      return Promise.all([client.alpha.flaky.mutate('stream'), client.beta.touch.mutate()])
    },
    ['at last', 'touched'],
  ),
  scenario(
    'repeats what may pass, over wsLink',
    (world) => world.client(retry(), world.wsLink()).beta.flaky.mutate('socket'),
    'at last',
  ),
  scenario(
    'gives up',
    (world) =>
      outcomeOf(world.client(retry(), world.httpLink()).beta.fail.query('SERVICE_UNAVAILABLE')),
    { error: { code: 'SERVICE_UNAVAILABLE' } },
  ),
  scenario(
    'resumes a subscription over wsLink behind its last event',
    (world) => {
      const client = world.client(
        retryLink<StockRouter>({
          retry: ({ error }) => error.data?.code === 'SERVICE_UNAVAILABLE',
        }),
        world.wsLink(),
      )
      return follow((callbacks) =>
        client.alpha.trackedInPieces.subscribe({ to: 5 }, callbacks),
      ).then(({ data, error }) => ({ data, error }))
    },
    { data: [1, 2, 3, 4, 5].map((i) => ({ id: String(i), data: i })), error: null },
  ),
])

conformance('splitLink', [
  scenario(
    'queries, mutations and streams',
    (world) => {
      const client = usual(world)
      return Promise.all([
        client.alpha.hello.query(),
        client.beta.add.mutate({ a: 1, b: 1 }),
        drain(client.beta.count.query(2)),
      ])
    },
    ['hello', { sum: 2 }, { values: [1, 2] }],
  ),
  scenario(
    'subscriptions',
    (world) => follow((callbacks) => usual(world).beta.ticks.subscribe(2, callbacks)),
    { data: [1, 2], states: ['started', 'completed'] },
  ),
  scenario(
    'uploads',
    (world) => {
      const form = new FormData()
      form.set('title', 'ü')
      form.set('file', new File(['text'], 'a.txt'))
      return usual(world).alpha.upload.mutate(form)
    },
    { title: 'ü', name: 'a.txt', text: 'text' },
  ),
  scenario(
    'a socket for one part and HTTP for the other',
    (world) => {
      const client = world.client(
        splitLink({
          condition: ({ path }) => path.startsWith('beta.'),
          true: world.wsLink(),
          false: world.httpBatchLink(),
        }),
      )
      return Promise.all([
        client.alpha.hello.query(),
        client.beta.hello.query(),
        client.beta.touch.mutate(),
      ])
    },
    ['hello', 'hello', 'touched'],
  ),
])

conformance('methodOverride', [
  scenario(
    'a query as POST',
    (world) =>
      world
        .client(world.httpLink({ methodOverride: 'POST' }))
        .alpha.echo.query({ long: 'x'.repeat(20_000) }),
    { input: { long: 'x'.repeat(20_000) } },
  ),
  scenario(
    'a query without an input as POST',
    (world) => world.client(world.httpLink({ methodOverride: 'POST' })).beta.hello.query(),
    'hello',
  ),
  scenario(
    'a batch of queries as POST',
    (world) => {
      const client = world.client(world.httpBatchLink({ methodOverride: 'POST' }))
      return Promise.all([
        client.alpha.optional.query('a'),
        client.beta.optional.query(),
        client.alpha.hello.query(),
      ])
    },
    ['with a', 'without', 'hello'],
  ),
  scenario(
    'a streamed batch of queries as POST',
    (world) => {
      const client = world.client(world.httpBatchStreamLink({ methodOverride: 'POST' }))
      return Promise.all([drain(client.alpha.count.query(2)), client.beta.hello.query()])
    },
    [{ values: [1, 2] }, 'hello'],
  ),
  scenario(
    'mutations as ever',
    (world) =>
      world
        .client(world.httpBatchLink({ methodOverride: 'POST' }))
        .alpha.add.mutate({ a: 1, b: 2 }),
    { sum: 3 },
  ),
])

conformance('pathSeparator', [
  scenario(
    'in single calls',
    (world) => {
      const client = world.client(world.httpLink({ pathSeparator: '_' }))
      return outcomesOf(
        client.alpha.hello.query(),
        client.beta.nested.deeper.hello.query(),
        client.alpha['with-dash'].query(),
        client.beta.touch.mutate(),
      )
    },
    [
      { value: 'hello' },
      { value: 'beta.nested.deeper.hello' },
      { value: 'dashed' },
      { value: 'touched' },
    ],
  ),
  scenario(
    'in batches',
    (world) => {
      const client = world.client(world.httpBatchLink({ pathSeparator: '_' }))
      return Promise.all([client.alpha.path.query(), client.beta.path.query()])
    },
    ['alpha.path', 'beta.path'],
  ),
  scenario(
    'in streamed batches',
    (world) => {
      const client = world.client(world.httpBatchStreamLink({ pathSeparator: '_' }))
      return Promise.all([client.alpha.path.query(), client.beta.path.query()])
    },
    ['alpha.path', 'beta.path'],
  ),
  scenario(
    'in errors, which have dots',
    (world) =>
      outcomeOf(world.client(world.httpLink({ pathSeparator: '_' })).beta.fail.query('CONFLICT')),
    { error: { shape: { data: { path: 'beta.fail' } } } },
  ),
])

conformance('FormData and bytes', [
  scenario(
    'a form',
    ({ single }) => {
      const form = new FormData()
      form.set('title', 'a "quoted" name')
      form.set('file', new File(['line\r\nline'], 'ä.txt', { type: 'text/plain' }))
      return single.alpha.upload.mutate(form)
    },
    { title: 'a "quoted" name', name: 'ä.txt', text: 'line\r\nline' },
  ),
  scenario(
    'a form without a file',
    ({ single }) => {
      const form = new FormData()
      form.set('title', 'none')
      return single.beta.upload.mutate(form)
    },
    { title: 'none', name: null, text: null },
  ),
  scenario(
    'a Uint8Array',
    ({ single }) => single.alpha.bytes.mutate(new Uint8Array([1, 2, 250, 0])),
    { length: 4, sum: 253 },
  ),
  scenario(
    'a Blob',
    ({ single }) => single.beta.bytes.mutate(new Blob([new Uint8Array(70_000).fill(3)])),
    { length: 70_000 },
  ),
  scenario('a File', ({ single }) => single.beta.bytes.mutate(new File(['abc'], 'a.bin')), {
    length: 3,
    sum: 294,
  }),
  scenario(
    'a form over the body limit',
    ({ single }) => {
      const form = new FormData()
      form.set('file', new File(['x'.repeat(200_000)], 'a.txt'))
      return outcomeOf(single.alpha.upload.mutate(form)).then(codeOfOutcome)
    },
    'PAYLOAD_TOO_LARGE',
  ),
])
