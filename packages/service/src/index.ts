export { assertionHeaders } from './assertion-headers.ts'
export {
  createService,
  type ExtendContext,
  type Service,
  type ServiceOptions,
} from './create-service.ts'
export { type PortcullisErrorData, withRefusalCode } from './error-shape.ts'
export { type Freshness, longestRelaxedMsOf } from './freshness.ts'
export type { ReadyCheck } from './health.ts'
export type { RequestLike, ResponseLike } from './http-message.ts'
export type { CallInfo } from './internal-calls.ts'
export type { KeySource } from './keys.ts'
export type { ServiceLimits } from './limits.ts'
export type { Listening, ListenOptions } from './listen.ts'
export {
  type CreateContextOptions,
  createPortcullis,
  type Portcullis,
  type PortcullisOptions,
  type RequestContext,
} from './portcullis.ts'
export type { PortcullisContext, PortcullisMeta } from './portcullis-context.ts'
export { Refusal, type RefusalOptions, type RefusalReason, type StepUp } from './refusal.ts'
export type { RequestLease } from './request-lease.ts'
export {
  createSessionProcedures,
  type ProcedurePart,
  type SessionProcedures,
  type SessionProceduresOptions,
  type SignedIn,
} from './session-procedures.ts'
