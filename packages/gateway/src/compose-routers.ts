import type { AssuranceLevel } from '@portcullis/context'
import type {
  AnyTRPCRouter,
  inferRouterError,
  TRPCBuiltRouter,
  TRPCDecorateCreateRouterOptions,
  TRPCDefaultErrorData,
  TRPCDefaultErrorShape,
} from '@trpc/server'

/** An error the gateway itself answers with. Application code switches on `data.portcullis.code`. */
export interface GatewayErrorShape extends TRPCDefaultErrorShape {
  data: TRPCDefaultErrorData & {
    portcullis?: { code: string; requestId?: string; assurance?: AssuranceLevel }
  }
}

/** Routers by the name under which their service is mounted, all with a transformer or all without one. */
export type ServiceRouters<Name extends PropertyKey = string> =
  | { [_ in Name]: RouterWithTransformer<false> }
  | { [_ in Name]: RouterWithTransformer<true> }

/**
 * One router type over services that share no code: `ComposeRouters<{ orders: OrdersRouter }>` types
 * `client.orders.list.query()`, from `import type` alone. Each service may have its own `initTRPC`, context and error
 * formatter; a procedure keeps the errors of its own service.
 *
 * Services that disagree on having a transformer do not compile: a client has one for all.
 * An error made by the gateway has only the {@link GatewayErrorShape}, so what a service's formatter adds is best optional.
 *
 * @typeParam Fallback The whole router of the gateway's `fallback`. What a service has taken over is the service's.
 */
export type ComposeRouters<
  Services extends ServiceRouters<keyof Services>,
  Fallback extends RouterWithTransformer<TransformerOf<Services[keyof Services]>> = never,
> = TRPCBuiltRouter<
  {
    ctx: object
    meta: object
    errorShape:
      | GatewayErrorShape
      | (GatewayErrorShape & inferRouterError<Services[keyof Services] | Fallback>)
    transformer: TransformerOf<Services[keyof Services]>
  },
  TRPCDecorateCreateRouterOptions<{ [Name in keyof Services]: Services[Name] }> &
    RestOf<Fallback, keyof Services>
>

type RestOf<Fallback extends AnyTRPCRouter, Taken extends PropertyKey> = [Fallback] extends [never]
  ? unknown
  : Omit<Fallback['_def']['record'], Taken>

type TransformerOf<Router extends AnyTRPCRouter> =
  Router['_def']['_config']['$types']['transformer']

type RouterWithTransformer<Flag extends boolean> = AnyTRPCRouter & {
  _def: { _config: { $types: { transformer: Flag } } }
}
