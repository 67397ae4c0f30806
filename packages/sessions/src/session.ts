import type {
  AssuranceLevel,
  AuthenticationMethod,
  OrganizationId,
  SessionId,
  SubjectId,
} from '@portcullis/context'
import type { Device } from './device.ts'
import type { SessionRecord } from './session-record.ts'
import { type SessionAddress, sessionIdOf } from './session-token.ts'

/** A live session, without its secret. Times are milliseconds since 1970 by the Redis server's clock, to the second. */
export interface Session {
  readonly id: SessionId
  readonly subject: SubjectId
  readonly organization: OrganizationId | null
  /** When the person proved who they are; a renewal counts. */
  readonly startedAt: number
  /** When it was last used, at most a minute behind. */
  readonly lastSeenAt: number
  readonly endsAt: number
  readonly methods: readonly AuthenticationMethod[]
  readonly assurance: AssuranceLevel
  readonly profile: AssuranceLevel
  readonly device: Device
}

export function toSession(
  subject: SubjectId,
  address: SessionAddress,
  record: SessionRecord,
  label: string | null,
): Session {
  return {
    id: sessionIdOf(address),
    subject,
    organization: record.organization,
    startedAt: record.startedAt * 1_000,
    lastSeenAt: record.lastSeenAt * 1_000,
    endsAt: record.endsAt * 1_000,
    methods: record.methods,
    assurance: record.assurance,
    profile: record.profile,
    device: { kind: record.device, label },
  }
}
