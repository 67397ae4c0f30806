import { createPortcullisClient } from '@portcullis/client'
import type {
  ComposeRouters,
  GatewayErrorShape,
  GatewayRouters,
  ReceiptView,
  SessionEvent,
} from '@portcullis/gateway'
import type { PortcullisErrorData } from '@portcullis/service'
import type { QueryClient } from '@tanstack/react-query'
import { safe, type TRPCClient } from '@trpc/client'
import {
  type inferRouterError,
  type inferRouterInputs,
  type inferRouterOutputs,
  initTRPC,
  type TRPCDefaultErrorShape,
} from '@trpc/server'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import type { AccountsRouter } from 'accounts/router'
import type { OrdersRouter } from 'orders/router'
import { describe, it } from 'vitest'
import type { AppRouter } from '../src/app-router.ts'

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const assertType = <_Proof extends true>() => {}

type Inputs = inferRouterInputs<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>
type Client = TRPCClient<AppRouter>
type ShapeOf<Call extends (...input: never[]) => Promise<readonly unknown[]>> = NonNullable<
  Extract<Awaited<ReturnType<Call>>[1], Error & { shape?: unknown }>['shape']
>

interface Order {
  id: string
  item: string
  quantity: number
  status: 'open' | 'cancelled'
  placedBy: `usr_${string}`
  placedAt: string
  change: number
}

describe('the router of this gateway', () => {
  it('has the procedures of its services and its own, and nothing else', () => {
    assertType<Eq<keyof Inputs, 'accounts' | 'admin' | 'operations' | 'orders' | 'session'>>()
    assertType<Eq<keyof Inputs['orders'], 'cancel' | 'create' | 'get' | 'list' | 'onChange'>>()
    // @ts-expect-error nothing here is any
    assertType<Eq<keyof Inputs['orders'], string>>()
  })

  it('infers inputs exactly', () => {
    assertType<Eq<Inputs['orders']['create'], { item: string; quantity: number }>>()
    assertType<
      Eq<
        Inputs['session']['signIn'],
        { email: string; password: string; code?: string | undefined }
      >
    >()
    assertType<
      Eq<Inputs['session']['reauthenticate'], { password: string; code?: string | undefined }>
    >()
    assertType<
      Eq<
        Inputs['session']['changePassword'],
        { password: string; newPassword: string; code?: string | undefined }
      >
    >()
    assertType<
      Eq<Inputs['accounts']['members']['setRole'], { subject: `usr_${string}`; role: string }>
    >()
    // @ts-expect-error a subject is not just a string
    assertType<Eq<Inputs['accounts']['members']['remove'], { subject: string }>>()
  })

  it('infers outputs exactly, as they come out of JSON', () => {
    assertType<Eq<Outputs['orders']['get'], Order>>()
    assertType<Eq<Outputs['orders']['list']['orders'], Order[]>>()
    assertType<Eq<Outputs['accounts']['me']['organization'], `org_${string}` | null>>()
    assertType<Eq<NonNullable<Outputs['session']['me']>['subject'], `usr_${string}`>>()
    type Plan = NonNullable<Outputs['session']['me']>['custom']['plan']
    assertType<Eq<Plan, 'free' | 'team' | 'enterprise'>>()
    // @ts-expect-error a claim that was not declared
    assertType<Eq<NonNullable<Outputs['session']['me']>['custom']['shoeSize'], number>>()
    assertType<Eq<Outputs['session']['signOut']['ended'], number>>()
    assertType<Eq<Outputs['admin']['revoke']['receipt']['level'], ReceiptView['level']>>()
    // @ts-expect-error a Date arrives as a string
    assertType<Eq<Outputs['orders']['get'], Omit<Order, 'placedAt'> & { placedAt: Date }>>()
  })

  it('infers what subscriptions give', () => {
    const watch = (client: Client) =>
      client.orders.onChange.subscribe(undefined, {
        onData: (event) => {
          assertType<Eq<typeof event, { id: string; data: Order }>>()
          // @ts-expect-error the tracked envelope is not the bare order
          assertType<Eq<typeof event, Order>>()
        },
      })
    void watch
    const listen = (client: Client) =>
      client.session.events.subscribe(undefined, {
        onData: (event) => assertType<Eq<typeof event, SessionEvent>>(),
      })
    void listen
  })

  it('infers errors by service', () => {
    const listing = (client: Client) => safe(client.orders.list.query())
    const asking = (client: Client) => safe(client.accounts.me.query())
    const me = (client: Client) => safe(client.session.me.query())
    assertType<Eq<ShapeOf<typeof listing>, inferRouterError<OrdersRouter>>>()
    assertType<Eq<ShapeOf<typeof asking>, inferRouterError<AccountsRouter>>>()
    assertType<Eq<ShapeOf<typeof me>, GatewayErrorShape>>()
    assertType<Eq<ShapeOf<typeof listing>['data']['portcullis'], PortcullisErrorData | undefined>>()
    // @ts-expect-error orders has a formatter of its own
    assertType<Eq<ShapeOf<typeof listing>, TRPCDefaultErrorShape>>()
  })

  it('is inferred by TanStack Query in the same way', () => {
    const fetching = async (client: Client, queryClient: QueryClient) => {
      const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient })
      const order = await queryClient.fetchQuery(trpc.orders.get.queryOptions({ id: 'ord_1' }))
      const cached = queryClient.getQueryData(trpc.orders.list.queryKey())
      return { order, cached }
    }
    type Fetched = Awaited<ReturnType<typeof fetching>>
    assertType<Eq<Fetched['order'], Order>>()
    assertType<Eq<Fetched['cached'], Outputs['orders']['list'] | undefined>>()
    // @ts-expect-error nothing here is any
    assertType<Eq<Fetched['cached'], Order>>()
  })

  it('refuses a service that has a transformer when the others have none, and the reverse', () => {
    const dates = initTRPC.create({ transformer: { serialize: String, deserialize: String } })
    const clock = dates.router({ now: dates.procedure.query(() => new Date()) })
    type Clock = ComposeRouters<{ clock: typeof clock } & GatewayRouters<never, true>>
    assertType<Eq<inferRouterOutputs<Clock>['clock']['now'], Date>>()
    // @ts-expect-error transformer mismatch between services
    type Mixed = ComposeRouters<{ orders: OrdersRouter; clock: typeof clock }>
    // @ts-expect-error transformer mismatch between a service and the gateway
    type Other = ComposeRouters<{ clock: typeof clock } & GatewayRouters<never>>
    const client = () => createPortcullisClient<AppRouter>({ url: '/' })
    // @ts-expect-error and between client and services
    const wrong = () => createPortcullisClient<Clock>({ url: '/' })
    void [client, wrong, 0 as unknown as Mixed, 0 as unknown as Other]
  })
})
