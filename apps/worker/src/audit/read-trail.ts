import { and, asc, desc, eq, gt, gte, like, lt, lte, or, type SQL } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { events, receipts } from '../database/schema.ts'
import { type AuditPage, type AuditQuery, toEntry } from './entry.ts'

/** One page of the trail. */
export async function readTrail(
  database: Pick<Database, 'select'>,
  query: AuditQuery,
): Promise<AuditPage> {
  const isNewestFirst = query.order === 'newest'
  // Receipts do not overlap: only the nearest one before an entry can hold for it, which the index finds at once.
  const nearest = database
    .select()
    .from(receipts)
    .where(lte(receipts.firstNumber, events.number))
    .orderBy(desc(receipts.firstNumber))
    .limit(1)
    .as('nearest')
  const rows = await database
    .select()
    .from(events)
    .leftJoinLateral(nearest, gte(nearest.lastNumber, events.number))
    .where(and(...conditionsOf(query)))
    .orderBy(isNewestFirst ? desc(events.number) : asc(events.number))
    .limit(query.limit)
  const entries = rows.map(({ events: event, nearest: receipt }) => toEntry({ event, receipt }))
  const last = entries.at(-1)
  return { entries, next: last && entries.length === query.limit ? last.number : null }
}

function conditionsOf(query: AuditQuery): (SQL | undefined)[] {
  const { subject, sessionPrefix, session, organization, actor, change, after, order } = query
  const beyond = order === 'newest' ? lt : gt
  return [
    or(
      when(subject, (value) => eq(events.subject, value)),
      when(sessionPrefix, (value) => like(events.session, `${escaped(value)}%`)),
    ),
    when(session, (value) => eq(events.session, value)),
    when(organization, (value) => eq(events.organization, value)),
    when(actor, (value) => eq(events.actor, value)),
    when(change, (value) => eq(events.change, value)),
    when(after, (value) => beyond(events.number, Number(value))),
  ]
}

function when<Value>(value: Value | undefined, condition: (value: Value) => SQL) {
  return value === undefined ? undefined : condition(value)
}

/** An underscore stands for any character. */
const escaped = (prefix: string) => prefix.replaceAll('_', '\\_')
