export type { Epoch, FillPoint } from './applied-log.ts'
export {
  type ClaimsChange,
  type ClaimsPublisher,
  type ClaimsPublisherOptions,
  createClaimsPublisher,
} from './claims-publisher.ts'
export { RevocationError, type RevocationErrorCode } from './errors.ts'
export { type EventKey, type EventKind, keyOf, type LogEvent } from './event.ts'
export type { PrincipalKeys } from './floors.ts'
export { createFollower, type Follower, type FollowerOptions } from './follower.ts'
export { fillPointSchema, historyArgs, historyKeys, historyLua } from './history.ts'
export { createLiveWork, type LiveWork, type TrackedWork, WorkEnded } from './live-work.ts'
export { createSubjectHandles, HANDLE_BYTES, type SubjectHandles } from './subject-handles.ts'
export { withHistory } from './with-history.ts'
