import {
  createTRPCClient,
  httpBatchLink,
  isTRPCClientError,
  safe,
  type TRPCClient,
} from '@trpc/client'
import {
  type inferRouterError,
  type inferRouterInputs,
  type inferRouterOutputs,
  initTRPC,
  type TRPCDefaultErrorShape,
  tracked,
} from '@trpc/server'
import superjson from 'superjson'
import { describe, it } from 'vitest'
import { z } from 'zod'
import type { ComposeRouters, GatewayErrorShape } from '../src/compose-routers.ts'

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const assertType = <_Proof extends true>() => {}

interface OrdersError extends TRPCDefaultErrorShape {
  data: TRPCDefaultErrorShape['data'] & { outOfStock: string[] }
}
interface Change {
  order: string
  at: Date
}

const accounts = initTRPC.context<{ person: string }>().create()
const accountsRouter = accounts.router({
  me: accounts.procedure.query(({ ctx }) => ({ name: ctx.person, since: new Date() })),
  members: accounts.router({
    roles: accounts.router({
      set: accounts.procedure
        .input(z.object({ role: z.enum(['owner', 'member']) }))
        .mutation(({ input }) => input.role),
    }),
  }),
})

const orders = initTRPC.context<{ tenant: number }>().create({
  errorFormatter: ({ shape }): OrdersError => ({
    ...shape,
    data: { ...shape.data, outOfStock: [] },
  }),
})
const ordersRouter = orders.router({
  list: orders.procedure
    .input(z.object({ cursor: z.string().nullish(), limit: z.number().default(20) }))
    .query(() => ({ items: [{ id: 'o_1', total: 3n as unknown }], next: null as string | null })),
  count: orders.procedure.query(async function* () {
    yield 1
    yield 2
  }),
  onChange: orders.procedure
    .input(z.object({ lastEventId: z.string().nullish() }))
    .subscription(async function* () {
      yield tracked('1', { order: 'o_1', at: new Date() } as Change)
    }),
})

const converted = initTRPC.create({ transformer: superjson })
const convertedRouter = converted.router({ now: converted.procedure.query(() => new Date()) })

type AppRouter = ComposeRouters<{ accounts: typeof accountsRouter; orders: typeof ordersRouter }>
type Inputs = inferRouterInputs<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>

describe('ComposeRouters', () => {
  it('infers the inputs of both services exactly', () => {
    assertType<Eq<keyof Inputs, 'accounts' | 'orders'>>()
    assertType<Eq<Inputs['accounts']['members']['roles']['set'], { role: 'owner' | 'member' }>>()
    assertType<
      Eq<
        Inputs['orders']['list'],
        { cursor?: string | null | undefined; limit?: number | undefined }
      >
    >()
    // @ts-expect-error the assertion is exact: a wider type does not pass
    assertType<Eq<Inputs['accounts']['members']['roles']['set'], { role: string }>>()
  })

  it('infers the outputs of both services exactly, as they come out of JSON', () => {
    assertType<Eq<Outputs['accounts']['me'], { name: string; since: string }>>()
    assertType<Eq<Outputs['accounts']['members']['roles']['set'], 'owner' | 'member'>>()
    // @ts-expect-error without a transformer a Date arrives as a string
    assertType<Eq<Outputs['accounts']['me'], { name: string; since: Date }>>()
    // @ts-expect-error nothing here is any
    assertType<Eq<Outputs['accounts']['me'], unknown>>()
  })

  it('keeps tracked subscriptions and async generators', () => {
    const client = {} as TRPCClient<AppRouter>
    const watch = () =>
      client.orders.onChange.subscribe(
        {},
        {
          onData: (event) => {
            assertType<Eq<typeof event, { id: string; data: { order: string; at: string } }>>()
            // @ts-expect-error the tracked envelope is not the bare value
            assertType<Eq<typeof event, { order: string; at: string }>>()
          },
          onError: (error) => assertType<Eq<NonNullable<(typeof error)['shape']>, OrdersError>>(),
        },
      )
    const count = () => client.orders.count.query()
    assertType<Eq<Awaited<ReturnType<typeof count>>, AsyncIterable<1 | 2, never, unknown>>>()
    void watch
  })

  it('keeps the errors of each service with its procedures', async () => {
    const client = {} as TRPCClient<AppRouter>
    const listing = () => safe(client.orders.list.query({}))
    const asking = () => safe(client.accounts.me.query())
    type ShapeOf<Call extends () => Promise<readonly unknown[]>> = NonNullable<
      Extract<Awaited<ReturnType<Call>>[1], Error & { shape?: unknown }>['shape']
    >
    assertType<Eq<ShapeOf<typeof listing>, OrdersError>>()
    assertType<Eq<ShapeOf<typeof asking>, TRPCDefaultErrorShape>>()
    // @ts-expect-error accounts has no formatter of its own
    assertType<Eq<ShapeOf<typeof asking>, OrdersError>>()
  })

  it('types an error of an unknown procedure as one of the gateway or of any service', () => {
    const read = (cause: unknown) =>
      isTRPCClientError<AppRouter>(cause) ? cause.data?.portcullis?.code : undefined
    assertType<Eq<ReturnType<typeof read>, string | undefined>>()
    type Shape = inferRouterError<AppRouter>
    assertType<Shape extends GatewayErrorShape ? true : false>()
    assertType<OrdersError & GatewayErrorShape extends Shape ? true : false>()
    // @ts-expect-error it is not known which service it came from
    assertType<Shape extends OrdersError ? true : false>()
  })

  it('composes services that all have a transformer, whose values then keep their types', () => {
    type Both = ComposeRouters<{ a: typeof convertedRouter; b: typeof convertedRouter }>
    assertType<Eq<inferRouterOutputs<Both>['a']['now'], Date>>()
    const options = () => [
      httpBatchLink<Both>({ url: '', transformer: superjson }),
      // @ts-expect-error the client must then have one too
      httpBatchLink<Both>({ url: '' }),
      // @ts-expect-error and must not have one when the services have none
      httpBatchLink<AppRouter>({ url: '', transformer: superjson }),
    ]
    void options
  })

  it('takes names from an interface as well, alone or beside others', () => {
    interface Named {
      orders: typeof ordersRouter
    }
    type App = ComposeRouters<{ accounts: typeof accountsRouter } & Named>
    assertType<Eq<inferRouterOutputs<App>, Outputs>>()
    assertType<Eq<keyof inferRouterOutputs<ComposeRouters<Named>>, 'orders'>>()
  })

  it('composes what was split off with the rest of a server', () => {
    const monolith = initTRPC.create()
    const _monolithRouter = monolith.router({
      ping: monolith.procedure.query(() => 'pong' as const),
      orders: monolith.router({ old: monolith.procedure.query(() => 'old' as const) }),
      users: { me: monolith.procedure.query(() => 'ada' as const) },
    })
    type Monolith = typeof _monolithRouter
    type Split = ComposeRouters<{ orders: typeof ordersRouter }, Monolith>
    type Out = inferRouterOutputs<Split>
    assertType<Eq<keyof Out, 'orders' | 'ping' | 'users'>>()
    assertType<Eq<Out['ping'], 'pong'>>()
    assertType<Eq<Out['users']['me'], 'ada'>>()
    assertType<Eq<Out['orders'], Outputs['orders']>>()
    const client = createTRPCClient<Split>({ links: [httpBatchLink({ url: '' })] })
    const calls = [
      () => client.users.me.query(),
      () => client.orders.list.query({}),
      // @ts-expect-error the service has taken the name over
      () => client.orders.old.query(),
    ]
    void calls
    // @ts-expect-error a service with a transformer in front of a server without one
    type Mixed = ComposeRouters<{ clock: typeof convertedRouter }, Monolith>
    void (0 as unknown as Mixed)
  })

  it('refuses to compile when one service has a transformer and another has not', () => {
    // @ts-expect-error transformer mismatch
    type Mixed = ComposeRouters<{ accounts: typeof accountsRouter; clock: typeof convertedRouter }>
    void (0 as unknown as Mixed)
  })

  it('is accepted wherever a router type is', () => {
    const client = () => createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '' })] })
    type Me = Awaited<ReturnType<ReturnType<typeof client>['accounts']['me']['query']>>
    assertType<Eq<Me, { name: string; since: string }>>()
    // @ts-expect-error a plain record of routers is not a router
    type Plain = TRPCClient<{ orders: typeof ordersRouter }>
    void (0 as unknown as Plain)
  })
})
