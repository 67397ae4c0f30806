export { DEVICE_KINDS, type SessionSelector, selectorSchema } from '@portcullis/revocation'
export {
  type Claims,
  type ClaimsSource,
  claimsSchema,
  type OrganizationRules,
  organizationRulesSchema,
} from './claims.ts'
export { createSessionStore, type SessionStoreOptions } from './create-session-store.ts'
export type { Device, DeviceKind } from './device.ts'
export { SessionError, type SessionErrorCode } from './errors.ts'
export { MAX_TOUCHES } from './operations/touch-sessions.ts'
export { DEFAULT_PROFILES, type SessionProfile, type SessionProfiles } from './profiles.ts'
export type { Session } from './session.ts'
export type {
  LoadedRules,
  LoadedSession,
  MissingSession,
  RenewSession,
  Revocation,
  RevokeSessions,
  SessionElsewhere,
  SessionStore,
  StartedSession,
  StartSession,
  Touch,
} from './session-store.ts'
