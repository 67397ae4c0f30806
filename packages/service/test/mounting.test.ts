import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { initTRPC, lazy } from '@trpc/server'
import { expect, test } from 'vitest'
import { createService, type PortcullisContext, type PortcullisMeta } from '../src/index.ts'
import { createIdentities } from './identities.ts'
import { silent } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

/** Writes dates and nothing else, so that it shows whether it was used. */
const dates = {
  serialize: (value: unknown) => (value instanceof Date ? { date: value.getTime() } : value),
  deserialize: (value: { date: number }) => (value?.date ? new Date(value.date) : value),
}

const t = initTRPC
  .context<PortcullisContext & { host: string }>()
  .meta<PortcullisMeta>()
  .create({
    transformer: dates,
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, team: 'orders' } }),
  })

const lazily = t.router({ internal: t.procedure.meta({ internal: true }).query(() => 'secret') })

const router = t.router({
  when: t.procedure.query(() => new Date(1_790_000_000_000)),
  host: t.procedure.query(({ ctx }) => ctx.host),
  late: lazy(async () => lazily),
})

async function start() {
  const identities = await createIdentities()
  const service = createService({
    name: 'orders',
    router,
    keys: identities.keys,
    follower: new ScriptedFollower(),
    logger: silent,
    extendContext: (context, request) => ({ ...context, host: request.headers.host ?? '' }),
  })
  return service.listen()
}

test('a mounted router keeps its transformer and its context', async () => {
  await using service = await start()
  type Api = ReturnType<typeof t.router<{ orders: typeof router }>>
  const links = [httpBatchLink({ url: service.url, transformer: dates })]
  const { orders } = createTRPCClient<Api>({ links })
  expect(await orders.when.query()).toEqual(new Date(1_790_000_000_000))
  expect(await orders.host.query()).toBe(new URL(service.url).host)
})

test('a mounted router keeps its error format, and a refusal has its reason besides', async () => {
  await using service = await start()
  const response = await fetch(`${service.url}/orders.late.internal`)
  expect(await response.json()).toMatchObject({
    error: { data: { team: 'orders', portcullis: { code: 'ERR_CALLER_REQUIRED' } } },
  })
})

test('nothing answers beside the name', async () => {
  await using service = await start()
  for (const path of ['/when', '/accounts.when', '/trpc/orders.when', '/'])
    expect((await fetch(`${service.url}${path}`)).status).toBe(404)
})

test.each(['', 'Orders', 'orders.list', 'a,b', '../x'])('name %j is a TypeError', async (name) => {
  const { keys } = await createIdentities()
  const follower = new ScriptedFollower()
  const extendContext = (context: PortcullisContext) => ({ ...context, host: '' })
  expect(() =>
    createService({ name, router, keys, follower, logger: silent, extendContext }),
  ).toThrow(TypeError)
})
