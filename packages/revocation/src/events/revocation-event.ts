import {
  formatPosition,
  type OrganizationId,
  type SessionId,
  type SubjectId,
} from '@portcullis/context'
import type { EventKind, LogEvent } from '../log/event.ts'

interface About {
  /** Place in the log, to go on after it: `events({ after: event.cursor })`. */
  readonly cursor: string
  /** Why, in a word of the originator's, such as `sign-out`. */
  readonly cause: string
}

/** What application code is told: the thing of which nothing that was known before may be believed any more. */
export type RevocationEvent =
  | (About & { readonly kind: 'session.revoked'; readonly session: SessionId })
  | (About & { readonly kind: 'session.changed'; readonly session: SessionId })
  | (About & { readonly kind: 'subject.revoked'; readonly subject: SubjectId })
  | (About & { readonly kind: 'claims.changed'; readonly subject: SubjectId })
  | (About & { readonly kind: 'organization.revoked'; readonly organization: OrganizationId })
  | (About & { readonly kind: 'organization.changed'; readonly organization: OrganizationId })
  | (About & { readonly kind: 'everyone.revoked' })
  /** Of a newer version, or unreadable: it may concern anyone. */
  | (About & { readonly kind: 'unknown' })

export type RevocationEventKind = RevocationEvent['kind']

export type RevocationEventOf<Kind extends RevocationEventKind> = Extract<
  RevocationEvent,
  { readonly kind: Kind }
>

export function toRevocationEvent(event: LogEvent): RevocationEvent {
  const { session, subject, organization } = event
  // Kinds of newer versions come here too, and match no case.
  const kind = event.kind as EventKind
  const about = { cursor: formatPosition(event.position), cause: event.cause }
  switch (kind) {
    case 'session.revoked':
    case 'session.changed':
      if (session) return { ...about, kind, session }
      break
    case 'subject.revoked':
    case 'claims.changed':
      if (subject) return { ...about, kind, subject }
      break
    case 'organization.revoked':
    case 'organization.changed':
      if (organization) return { ...about, kind, organization }
      break
    case 'everyone.revoked':
      return { ...about, kind }
  }
  return { ...about, kind: 'unknown' }
}
