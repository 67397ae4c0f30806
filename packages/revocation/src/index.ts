export {
  type ClaimsChange,
  type ClaimsPublisher,
  type ClaimsPublisherOptions,
  createClaimsPublisher,
  type OrganizationChange,
  type PublishedClaims,
  type SubjectChange,
} from './claims-publisher.ts'
export { RevocationError, type RevocationErrorCode } from './errors.ts'
export type { LogPage } from './events/log-reader.ts'
export type {
  RevocationEvent,
  RevocationEventKind,
  RevocationEventOf,
} from './events/revocation-event.ts'
export {
  createRevocations,
  type EventsOptions,
  type Revocations,
  type RevocationsOptions,
} from './events/revocations.ts'
export { type Followed, isWhole } from './events/subscription.ts'
export type { RepairTruth } from './fence/barrier.ts'
export { declareNewInstallation } from './fence/installation.ts'
export { type ClockBounds, DEFAULT_CLOCK_BOUNDS } from './fence/lease.ts'
export {
  createFollower,
  type Follower,
  type FollowerOptions,
  type GatewayFollowerOptions,
  type RedisFollowerOptions,
} from './follower.ts'
export { createLiveWork, type LiveWork, type TrackedWork, WorkEnded } from './live-work.ts'
export type { Admission, Epoch, FillPoint } from './log/applied-log.ts'
export { type Changes, createChanges, type Kept } from './log/changes.ts'
export { type EventKey, type EventKind, keyOf, type LogEvent } from './log/event.ts'
export type { PrincipalKeys } from './log/floors.ts'
export {
  type Attribution,
  fillPointSchema,
  historyArgs,
  historyKeys,
  historyLua,
} from './log/history.ts'
export { withHistory } from './log/with-history.ts'
export { type ChangeProof, proofLua, repliedProofSchema } from './receipts/change-proof.ts'
export {
  type InstanceReceipt,
  type InstanceState,
  RECEIPT_LEVELS,
  type Receipt,
  type ReceiptLevel,
  type ReceiptWait,
} from './receipts/receipt.ts'
export type { Change } from './receipts/receipts.ts'
export { DEVICE_KINDS, type SessionSelector, selectorSchema } from './selector.ts'
export { createSubjectHandles, HANDLE_BYTES, type SubjectHandles } from './subject-handles.ts'
export {
  createGatewayClient,
  type GatewayClient,
  type GatewayClientOptions,
} from './transport/gateway-client.ts'
export {
  createGatewayRevoker,
  type GatewayRevoker,
  type GatewayRevokerOptions,
  type RevokedSessions,
  type RevokeSessionsOptions,
} from './transport/gateway-revoker.ts'
export { createRelay, type Relay, type RelayOptions } from './transport/relay.ts'
export {
  type CarriedPrincipal,
  carriedPrincipalSchema,
  principalAnswerSchema,
  RELAY_AUDIENCE,
  RELAYED_CALLS,
  type RelayedCall,
  relayPath,
} from './transport/wire.ts'
