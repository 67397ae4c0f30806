import type { ComposeRouters, GatewayRouters } from '@portcullis/gateway'
import type { AccountsRouter } from 'accounts/router'
import type { OrdersRouter } from 'orders/router'
import type { SignInInput } from './identity.ts'

/** Everything a client of this gateway can call. To add a service is to name it here and in `start-gateway.ts`. */
export type AppRouter = ComposeRouters<
  { accounts: AccountsRouter; orders: OrdersRouter } & GatewayRouters<SignInInput>
>
