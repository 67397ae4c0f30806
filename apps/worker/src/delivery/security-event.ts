import type { events } from '../database/schema.ts'
import type { SetEvent } from './receiver.ts'

/** An entry of the trail that others are told of. */
export type TrailEvent = typeof events.$inferSelect

/** What a Security Event Token says, but for who says it to whom. */
export interface SecurityEvent {
  readonly type: SetEvent
  /** RFC 9493. */
  readonly subject: object
  readonly payload: object
}

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/'

export const eventUriOf = (type: SetEvent) => `${CAEP}${type}`

const CHANGES: ReadonlySet<string> = new Set(['claims.changed', 'organization.changed'])
/** Their causes under which nobody is let in any more. */
const SHUT_OUT: ReadonlySet<string> = new Set([
  'user.suspended',
  'user.deleted',
  'organization.suspended',
])

/** Causes of `claims.changed` that say which means of signing in differs, and how. Who revokes may give any reason. */
const CREDENTIALS: Readonly<Record<string, object>> = {
  'credential.changed': { credential_type: 'password', change_type: 'update' },
  'second-factor.added': { credential_type: 'app', change_type: 'create' },
  'second-factor.removed': { credential_type: 'app', change_type: 'delete' },
}

/** Which of the three types an entry is told as; undefined for what CAEP has no word for, such as a gap of the trail. */
export function setEventOf({ kind, cause }: Pick<TrailEvent, 'kind' | 'cause'>) {
  if (credentialOf({ kind, cause })) return 'credential-change'
  return CHANGES.has(kind) && SHUT_OUT.has(cause) ? 'session-revoked' : TYPES[kind]
}

function credentialOf({ kind, cause }: Pick<TrailEvent, 'kind' | 'cause'>): object | undefined {
  const isKnown = kind === 'claims.changed' && Object.hasOwn(CREDENTIALS, cause)
  return isKnown ? CREDENTIALS[cause] : undefined
}

const TYPES: Readonly<Record<string, SetEvent>> = {
  'session.revoked': 'session-revoked',
  'subject.revoked': 'session-revoked',
  'organization.revoked': 'session-revoked',
  'everyone.revoked': 'session-revoked',
  'session.changed': 'token-claims-change',
  'claims.changed': 'token-claims-change',
  'organization.changed': 'token-claims-change',
}

/** @param issuer Beside it the ids of people are unique in the world. */
export function toSecurityEvent(event: TrailEvent, issuer: string): SecurityEvent | undefined {
  const type = setEventOf(event)
  if (!type) return undefined
  return { type, subject: subjectOf(event, issuer), payload: payloadOf(event, type) }
}

function subjectOf({ session, subject, organization }: TrailEvent, iss: string): object {
  const user = subject && { format: 'iss_sub', iss, sub: subject }
  if (session) {
    const about = { session: { format: 'opaque', id: session }, ...(user && { user }) }
    return { format: 'complex', ...about }
  }
  if (user) return user
  if (organization) return { format: 'complex', tenant: { format: 'opaque', id: organization } }
  // Everyone: the installation itself.
  return { format: 'uri', uri: iss }
}

function payloadOf(event: TrailEvent, type: SetEvent): object {
  const common = {
    event_timestamp: secondsOf(event.at),
    initiating_entity: initiatorOf(event),
    reason_admin: { en: event.cause },
  }
  if (type === 'credential-change') return { ...common, ...credentialOf(event) }
  if (type === 'session-revoked') return common
  // Values do not leave the installation: from this place in its log on, what was said before is not true any more.
  return { ...common, claims: { position: `${event.epoch}.${event.seq}` } }
}

function initiatorOf({ actor, subject }: TrailEvent): 'admin' | 'user' | 'system' {
  if (!actor) return 'system'
  return actor === subject ? 'user' : 'admin'
}

export const secondsOf = (moment: Date) => Math.floor(moment.getTime() / 1_000)
