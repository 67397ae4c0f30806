import type { AssuranceLevel, CustomClaims } from '@portcullis/context'
import type { ClaimsSource, SessionStore } from '@portcullis/sessions'
import type { TRPCBuiltRouter } from '@trpc/server'
import type { Authenticator } from '../authenticator.ts'
import type { GatewayErrorShape } from '../compose-routers.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { Transformer } from '../respond/envelope.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { createAdminRouter } from './admin-router.ts'
import type { AuditSource } from './audit-source.ts'
import type { IdentityVerifier } from './identity.ts'
import { createSessionRouter } from './session-router.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'
import { createTrpc, type OutputForm } from './trpc.ts'

export interface ProcedureOptions<SignInInput> {
  readonly authenticator: Authenticator
  readonly claims: ClaimsSource
  readonly cookie: SessionCookie
  /** Absent: sessions are started by other means, and `session.signIn` does not exist. */
  readonly identity: IdentityVerifier<SignInInput> | undefined
  readonly revocations: Revocations
  readonly sessions: SessionStore
  readonly throttle: SignInThrottle
  /** Of sessions whose verifier names none. */
  readonly sessionProfile: AssuranceLevel
  /** What `admin.*` asks for. */
  readonly adminAssurance: AssuranceLevel
  /** How long the identity verifier may take, in milliseconds. */
  readonly signInTimeoutMs: number
  /** Absent: `admin.audit` is answered as a service that there is not. */
  readonly audit: AuditSource | undefined
  /** How long it may take, in milliseconds. */
  readonly auditTimeoutMs: number
}

export function createGatewayRouter<SignInInput>(
  transformer: Transformer,
  options: ProcedureOptions<SignInInput>,
  outputs: OutputForm = 'plain',
) {
  const t = createTrpc(transformer, outputs, options.adminAssurance)
  return t.router({
    session: createSessionRouter(t, options),
    admin: createAdminRouter(t, options),
  })
}

/**
 * The gateway's own procedures by first segment, to be composed with those of the services:
 * `ComposeRouters<{ orders: OrdersRouter } & GatewayRouters<SignInInput>>`.
 *
 * @typeParam HasTransformer Whether the client has a transformer; must be what the services have. Default false.
 * @typeParam Custom What `session.me` has as `custom`: `ClaimsOf<typeof claims>` of the definition given as `customClaims`.
 * @typeParam StepUpInput What `session.reauthenticate` takes. Default: what sign-in takes.
 */
export interface GatewayRouters<
  SignInInput,
  HasTransformer extends boolean = false,
  Custom extends CustomClaims = CustomClaims,
  StepUpInput = SignInInput,
> {
  session: OwnRouter<
    ReturnType<typeof createSessionRouter<SignInInput, Custom, StepUpInput>>,
    HasTransformer
  >
  admin: OwnRouter<ReturnType<typeof createAdminRouter>, HasTransformer>
}

/** The gateway's own procedures alone, for a client that calls nothing else. */
export type GatewayRouter<SignInInput, HasTransformer extends boolean = false> = OwnRouter<
  ReturnType<typeof createGatewayRouter<SignInInput>>,
  HasTransformer
>

type OwnRouter<
  Router extends { _def: { record: OwnRecord } },
  HasTransformer extends boolean,
> = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: GatewayErrorShape; transformer: HasTransformer },
  Router['_def']['record']
>

type OwnRecord = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: GatewayErrorShape; transformer: boolean },
  Record<never, never>
>['_def']['record']
