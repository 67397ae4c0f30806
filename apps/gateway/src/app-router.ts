import type { ClaimsOf } from '@portcullis/context'
import type { ComposeRouters, GatewayRouters } from '@portcullis/gateway'
import type { AccountsRouter } from 'accounts/router'
import type { claims } from 'claims'
import type { OrdersRouter } from 'orders/router'
import type { OperationsRouter } from 'worker/operations-router'
import type { SignInInput, StepUpInput } from './identity.ts'

/** The services behind this gateway. To add one is to name it here and in `portcullis.config.ts`. */
export interface Services {
  accounts: AccountsRouter
  orders: OrdersRouter
  operations: OperationsRouter
}

type Own = GatewayRouters<SignInInput, false, ClaimsOf<typeof claims>, StepUpInput>

/** Everything a client of this gateway can call. */
export type AppRouter = ComposeRouters<Services & Own>
