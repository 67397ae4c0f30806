import type { Session, SessionSelector } from '@portcullis/sessions'

/** Whether a selector means a session that is known here. A renewed one counts as begun at its renewal. */
export function selects(selector: SessionSelector, session: Session): boolean {
  if ('session' in selector) return selector.session === session.id
  if ('organization' in selector) return selector.organization === session.organization
  if ('subject' in selector && selector.subject !== session.subject) return false
  if ('except' in selector) return selector.except !== session.id
  if ('device' in selector) return selector.device === session.device.kind
  if ('beganBefore' in selector) return session.startedAt < selector.beganBefore.getTime()
  return true
}
