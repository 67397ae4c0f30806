import {
  organizationIdSchema,
  type SessionId,
  sessionIdSchema,
  subjectIdSchema,
} from '@portcullis/context'
import { z } from 'zod'
import { DEVICE_KINDS } from './device.ts'

const momentSchema = z.union([
  z.date(),
  z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
])

/** Reads a selector from the wire; a moment is a `Date` or ISO 8601 text with its offset. */
export const selectorSchema = z.union([
  z.strictObject({ session: sessionIdSchema }),
  z.strictObject({ subject: subjectIdSchema }),
  z.strictObject({ subject: subjectIdSchema, except: sessionIdSchema }),
  z.strictObject({ subject: subjectIdSchema, device: z.enum(DEVICE_KINDS) }),
  z.strictObject({ subject: subjectIdSchema, beganBefore: momentSchema }),
  z.strictObject({ organization: organizationIdSchema }),
  z.strictObject({ everyone: z.literal(true) }),
  z.strictObject({ everyone: z.literal(true), beganBefore: momentSchema }),
])

/**
 * Which sessions are meant.
 *
 * - `session` that one
 * - `subject` all of a person's; with `except` all but one, with `device` those on such devices
 * - `organization` those that have it active
 * - `everyone` all of the installation
 * - `beganBefore` of these, those whose sign-in was before a moment by the server's clock. It is placed between two
 *   entries of the log, so that what began between the moment and the next entry is meant too. A moment to come counts
 *   as now.
 */
export type SessionSelector = Readonly<z.infer<typeof selectorSchema>>

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
