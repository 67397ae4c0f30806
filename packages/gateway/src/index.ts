export type { Authentication, Authenticator } from './authenticator.ts'
export type { ComposeRouters, GatewayErrorShape, ServiceRouters } from './compose-routers.ts'
export {
  ConfigError,
  type ConfigErrorCode,
  type Configurable,
  defineConfig,
  env,
  type GatewayConfig,
  type LoadConfigOptions,
  loadConfig,
  type Variable,
} from './config/index.ts'
export { GATEWAY_ERRORS, GatewayError, type GatewayErrorCode } from './errors.ts'
export type { FallbackRoute, ServiceRoute } from './forward/services.ts'
export { createGateway, type Gateway, type PassThroughGateway } from './gateway.ts'
export type { RateLimit } from './guard/rate-limits/rate-limit.ts'
export type { TrustedProxies } from './guard/trusted-proxies.ts'
export type { GatewayLimits } from './limits.ts'
export type { AccessLogOptions } from './observe/access-log.ts'
export type { GatewayOptions, PassThroughOptions, PassThroughRoute } from './options.ts'
export type { Revoked } from './procedures/admin-router.ts'
export type { AuditEntry, AuditPage, AuditQuery, AuditSource } from './procedures/audit-source.ts'
export type {
  Identity,
  IdentityVerifier,
  OtherPasswordNeeded,
  PasswordChange,
  PasswordChanged,
  Reauthentication,
  SecondFactorNeeded,
  Verdict,
} from './procedures/identity.ts'
export type { Ended } from './procedures/own-sessions.ts'
export type { GatewayRouter, GatewayRouters } from './procedures/router.ts'
export type { SessionEvent } from './procedures/session-events.ts'
export type { Switched } from './procedures/session-router.ts'
export type { SessionView } from './procedures/session-view.ts'
export type { SignInThrottleOptions } from './procedures/sign-in-throttle.ts'
export type { RelayLimits } from './relay/relay-limits.ts'
export type { RelayOptions } from './relay/relaying.ts'
export type { Codec, Transformer } from './respond/envelope.ts'
export type { ReceiptView, RevocationReceipt } from './revocation/receipt.ts'
export type { RevocationPreview, Revocations } from './revocation/revocations.ts'
export type { RevokeOptions } from './revocation/revoke-options.ts'
export type { Listening, ListenOptions } from './server/listen.ts'
export type { ServiceChanges, ServicesUpdate } from './service-table.ts'
