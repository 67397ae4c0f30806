export { type Claims, type ClaimsSource, claimsSchema } from './claims.ts'
export { DEVICE_KINDS, type Device, type DeviceKind } from './device.ts'
export { SessionError, type SessionErrorCode } from './errors.ts'
export { DEFAULT_PROFILES, type SessionProfile, type SessionProfiles } from './profiles.ts'
export type { Session } from './session.ts'
export {
  createSessionStore,
  type LoadedSession,
  MAX_TOUCHES,
  type Revocation,
  type SessionStore,
  type SessionStoreOptions,
  type StartedSession,
  type StartSession,
  type Touch,
} from './session-store.ts'
