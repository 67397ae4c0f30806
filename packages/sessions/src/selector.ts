import type { SessionId } from '@portcullis/context'
import { DEVICE_KINDS, type SessionSelector } from '@portcullis/revocation'

/** A selector of sessions of one subject, in the words of the scripts. */
export interface SubjectSelection {
  readonly mode: 'one' | 'others' | 'all' | 'device' | 'before'
  /** The session to end or to keep. */
  readonly session?: SessionId
  /** Place in `DEVICE_KINDS`. */
  readonly device?: number
  /** Milliseconds since 1970. */
  readonly moment?: number
}

type SubjectSelector = Extract<SessionSelector, { subject: unknown } | { session: unknown }>

export function isOfSubject(selector: SessionSelector): selector is SubjectSelector {
  return 'subject' in selector || 'session' in selector
}

export function selectionOf(selector: SubjectSelector): SubjectSelection {
  if ('session' in selector) return { mode: 'one', session: selector.session }
  if ('except' in selector) return { mode: 'others', session: selector.except }
  if ('device' in selector) return { mode: 'device', device: DEVICE_KINDS.indexOf(selector.device) }
  if ('beganBefore' in selector) return { mode: 'before', moment: selector.beganBefore.getTime() }
  return { mode: 'all' }
}
