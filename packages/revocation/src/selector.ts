import { organizationIdSchema, sessionIdSchema, subjectIdSchema } from '@portcullis/context'
import { z } from 'zod'

/** What kind of device a session lives on. The order is the code in a record: append only. */
export const DEVICE_KINDS = [
  'unknown',
  'browser',
  'phone',
  'tablet',
  'desktop-app',
  'command-line',
  'server',
] as const

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
