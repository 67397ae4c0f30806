import {
  organizationIdSchema,
  type Position,
  sessionIdSchema,
  subjectIdSchema,
} from '@portcullis/context'
import type { ReceiptLevel } from '@portcullis/revocation'
import { z } from 'zod'
import type { events, KnownInstance, receipts } from '../database/schema.ts'

/** Entries that one page has at most, and by default. */
export const MAX_PAGE_ENTRIES = 500
const PAGE_ENTRIES = 100

/** A place in the trail: the number of an entry. */
const cursorSchema = z.string().regex(/^\d{1,15}$/)

/** Which entries. Conditions are joined by and. */
export const auditQuerySchema = z.strictObject({
  subject: subjectIdSchema.optional(),
  /** Session ids begin with it; beside `subject` either is enough, since a session's event does not name its person. */
  sessionPrefix: z
    .string()
    .regex(/^ses_[\w-]{16}$/)
    .optional(),
  session: sessionIdSchema.optional(),
  organization: organizationIdSchema.optional(),
  actor: subjectIdSchema.optional(),
  change: z.string().min(1).max(64).optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  /** `next` of the page before. */
  after: cursorSchema.optional(),
  limit: z.int().min(1).max(MAX_PAGE_ENTRIES).default(PAGE_ENTRIES),
})

export type AuditQuery = z.output<typeof auditQuerySchema>

/** One line of the trail: who changed what, when and why, and how far that is known to be in force. */
export interface AuditEntry {
  /** Its place in the trail. */
  readonly number: string
  /** Of the log's entry; the same wherever this is told. */
  readonly event: string
  readonly kind: string
  readonly cause: string
  readonly session: string | null
  readonly subject: string | null
  readonly organization: string | null
  /** Who asked for it; null for the installation itself, or where the originator does not say. */
  readonly actor: string | null
  /** Id of the change, as its receipt names it. */
  readonly change: string | null
  /** The instance that made it. */
  readonly originator: string | null
  /** Place in the log, `<epoch>.<seq>`. */
  readonly position: string
  /** ISO 8601, by the clock of the log's server. */
  readonly at: string
  readonly recordedAt: string
  /** Of `audit.gap`: the places between which the log had lost its entries before they were written down. */
  readonly missing: { readonly after: string; readonly before: string } | null
  /** Null while it is found out. */
  readonly receipt: AuditReceipt | null
}

/** What the worker found out about an event, from its own place in the installation. */
interface AuditReceipt {
  readonly level: ReceiptLevel
  readonly durable: boolean
  readonly establishedAt: string
  readonly instances: readonly KnownInstance[]
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** `after` of the next page; null if this one was not full. */
  readonly next: string | null
}

/** Names an entry wherever it is told. */
export const eventIdOf = ({ epoch, seq, nonce }: Position & { readonly nonce: string }) =>
  `evt_${epoch}-${seq}-${nonce}`

interface Row {
  readonly event: typeof events.$inferSelect
  readonly receipt: typeof receipts.$inferSelect | null
}

export function toEntry({ event, receipt }: Row): AuditEntry {
  const { number, epoch, seq, nonce, at, recordedAt, missingAfter, missingBefore, ...facts } = event
  const missing =
    missingAfter && missingBefore ? { after: missingAfter, before: missingBefore } : null
  return {
    number: String(number),
    event: eventIdOf({ epoch, seq, nonce }),
    ...facts,
    position: `${epoch}.${seq}`,
    at: at.toISOString(),
    recordedAt: recordedAt.toISOString(),
    missing,
    receipt: receipt && toReceipt(receipt),
  }
}

function toReceipt({ level, durable, establishedAt, instances }: typeof receipts.$inferSelect) {
  return { level, durable, establishedAt: establishedAt.toISOString(), instances }
}
