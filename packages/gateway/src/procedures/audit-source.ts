import { organizationIdSchema, sessionIdSchema, subjectIdSchema } from '@portcullis/context'
import type { ReceiptLevel } from '@portcullis/revocation'
import { z } from 'zod'

/** Which entries of the audit trail; conditions are joined by and. A page at a time, the newest first. */
export const auditInput = z.strictObject({
  /** What was changed of a person: of their claims, or of any session of theirs. */
  subject: subjectIdSchema.optional(),
  session: sessionIdSchema.optional(),
  organization: organizationIdSchema.optional(),
  /** Who asked for it. */
  actor: subjectIdSchema.optional(),
  /** Id of a change, as its receipt names it. */
  change: z.string().min(1).max(64).optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  /** `next` of the page before. */
  after: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  limit: z.int().min(1).max(500).default(100),
})

export type AuditQuery = z.output<typeof auditInput>

/** Who changed what, when and why, and how far that is known to be in force. */
export interface AuditEntry {
  /** Its place in the trail. */
  readonly number: string
  /** Names the event; the same wherever it is told. */
  readonly event: string
  /** As in the log, or `audit.began`, `audit.gap`. */
  readonly kind: string
  readonly cause: string
  readonly session: string | null
  readonly subject: string | null
  readonly organization: string | null
  /** Null for the installation itself, or where the originator does not say. */
  readonly actor: string | null
  readonly change: string | null
  readonly originator: string | null
  /** Place in the log. */
  readonly position: string
  /** ISO 8601. */
  readonly at: string
  readonly recordedAt: string
  /** Of `audit.gap`: between which places in the log entries are missing. */
  readonly missing: { readonly after: string; readonly before: string } | null
  /** Null while it is found out. */
  readonly receipt: {
    readonly level: ReceiptLevel
    readonly durable: boolean
    readonly establishedAt: string
    readonly instances: readonly {
      readonly id: string
      readonly service: string
      readonly state: string
    }[]
  } | null
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** `after` of the next page; null if there is none now. */
  readonly next: string | null
}

/** Whoever keeps the audit trail. */
export interface AuditSource {
  /** @param options.signal Fires when nobody waits any more. */
  list(query: AuditQuery, options: { readonly signal: AbortSignal }): Promise<AuditPage>
}
