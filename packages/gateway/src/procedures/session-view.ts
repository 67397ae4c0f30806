import type { SessionId } from '@portcullis/context'
import type { Device, Session } from '@portcullis/sessions'

/** A session as its owner sees it. Times are milliseconds since 1970. */
export interface SessionView {
  readonly id: SessionId
  readonly device: Device
  readonly startedAt: number
  /** At most a minute behind. */
  readonly lastSeenAt: number
  readonly endsAt: number
  readonly organization: Session['organization']
  readonly methods: Session['methods']
  readonly assurance: Session['assurance']
  /** Whether it is the session that asked. */
  readonly current: boolean
}

export function sessionView(session: Session, current: SessionId | undefined): SessionView {
  const { id, device, startedAt, lastSeenAt, endsAt, organization, methods, assurance } = session
  return {
    id,
    device,
    startedAt,
    lastSeenAt,
    endsAt,
    organization,
    methods,
    assurance,
    current: id === current,
  }
}
