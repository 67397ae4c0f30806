import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from 'gateway/app-router'
import type { Client } from './device.ts'

type Order = inferRouterOutputs<AppRouter>['orders']['get']

export interface OrdersWatch extends Disposable {
  /** Resolves once the gateway has answered. */
  readonly opened: Promise<void>
  /** The next order that changes. */
  next(): Promise<Order>
  /** When the gateway cut the stream, by `performance.now()`. */
  readonly cutAt: Promise<number>
}

/** Subscribes to changes of orders. */
export function watchOrders(client: Client): OrdersWatch {
  const opened = Promise.withResolvers<void>()
  const cutAt = Promise.withResolvers<number>()
  let arrival = Promise.withResolvers<Order>()
  const noteCut = () => cutAt.resolve(performance.now())
  const subscription = client.orders.onChange.subscribe(
    {},
    {
      onStarted: () => opened.resolve(),
      onData({ data }) {
        arrival.resolve(data)
        arrival = Promise.withResolvers()
      },
      onConnectionStateChange({ state, error }) {
        if (state !== 'pending' && error !== null) noteCut()
      },
      onError: noteCut,
      onComplete: noteCut,
    },
  )
  return {
    opened: opened.promise,
    next: () => arrival.promise,
    cutAt: cutAt.promise,
    [Symbol.dispose]: () => subscription.unsubscribe(),
  }
}
