import type { InstanceId, OrganizationId, SessionId, SubjectId } from '@portcullis/context'
import type { ReceiptLevel } from '@portcullis/revocation'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core'

const audit = pgSchema('audit')

const moment = (name: string) => timestamp(name, { withTimezone: true })

/**
 * What the log said, once an entry, and where the trail begins or has a gap. Rows are only added: triggers refuse anything
 * else, see the migration.
 */
export const events = audit.table(
  'events',
  {
    /** The trail's own order. One writer at a time, so numbers become visible in their order. */
    number: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    epoch: bigint({ mode: 'number' }).notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    nonce: text().notNull(),
    /** As in the log, or `audit.began`, `audit.gap`. */
    kind: text().notNull(),
    cause: text().notNull(),
    session: text().$type<SessionId>(),
    subject: text().$type<SubjectId>(),
    organization: text().$type<OrganizationId>(),
    /** Who asked for it; null for the installation itself, or an originator that does not say. */
    actor: text().$type<SubjectId>(),
    /** Id of the change, as its receipt names it. */
    change: text(),
    /** The instance that made it. */
    originator: text().$type<InstanceId>(),
    /** Of a gap: the places between which entries are missing. */
    missingAfter: text('missing_after'),
    missingBefore: text('missing_before'),
    /** By the clock of the log's server. */
    at: moment('at').notNull(),
    recordedAt: moment('recorded_at').notNull().defaultNow(),
  },
  (table) => [
    unique('events_once').on(table.epoch, table.seq, table.nonce),
    index('events_by_subject').on(table.subject, table.number),
    index('events_by_session').on(table.session.op('text_pattern_ops'), table.number),
    index('events_by_organization').on(table.organization, table.number),
    index('events_by_actor').on(table.actor, table.number),
    index('events_by_change').on(table.change),
  ],
)

/** What one instance was found to know of the events. */
export interface KnownInstance {
  readonly id: InstanceId
  readonly service: string
  readonly state: string
}

/** That a stretch of events is in force everywhere, or what else is known of it. Rows are only added. */
export const receipts = audit.table(
  'receipts',
  {
    firstNumber: bigint('first_number', { mode: 'number' }).primaryKey(),
    lastNumber: bigint('last_number', { mode: 'number' }).notNull().unique(),
    level: text().$type<ReceiptLevel>().notNull(),
    durable: boolean().notNull(),
    instances: jsonb().$type<readonly KnownInstance[]>().notNull(),
    establishedAt: moment('established_at').notNull().defaultNow(),
  },
  (table) => [check('receipts_in_order', sql`${table.lastNumber} >= ${table.firstNumber}`)],
)

/** Up to where the log has been written down: one row. */
export const cursor = audit.table(
  'cursor',
  {
    one: boolean().primaryKey().default(true),
    epoch: bigint({ mode: 'number' }).notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [check('cursor_is_one', sql`${table.one}`)],
)

const delivery = pgSchema('delivery')

/** How far each receiver has been served from the trail. */
export const places = delivery.table('places', {
  receiver: text().primaryKey(),
  /** Number of the last entry of the trail that was looked at for it. */
  lastNumber: bigint('last_number', { mode: 'number' }).notNull(),
  /** When it was put there. An older event's age counts from then. */
  since: moment('since').notNull().defaultNow(),
})

export type DeliveryState = 'pending' | 'delivered' | 'dead'

/** What became of an event at a receiver. */
export const deliveries = delivery.table(
  'deliveries',
  {
    receiver: text().notNull(),
    /** Of the trail's entry. */
    number: bigint({ mode: 'number' }).notNull(),
    state: text().$type<DeliveryState>().notNull().default('pending'),
    attempts: integer().notNull().default(0),
    /** Of the last attempt, without what the receiver said. */
    failure: text(),
    /** The same at every attempt: a token that is signed again is the same token. */
    issuedAt: moment('issued_at').notNull().defaultNow(),
    /** From when on its age counts. */
    dueAt: moment('due_at').notNull(),
    settledAt: moment('settled_at'),
  },
  (table) => [
    primaryKey({ columns: [table.receiver, table.number] }),
    index('deliveries_pending').on(table.receiver).where(sql`${table.state} = 'pending'`),
    index('deliveries_by_end').on(table.settledAt),
  ],
)
