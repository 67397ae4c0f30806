import type { OrganizationId, SessionId, SubjectId } from '@portcullis/context'
import type { ClaimsChange } from '@portcullis/revocation'
import { and, asc, count, eq, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Versioned, Versions } from '../claims/record-change.ts'
import type { Statements } from '../database/database.ts'
import { outbox } from '../database/schema.ts'

const change = {
  id: outbox.id,
  subject: outbox.subject,
  organization: outbox.organization,
  version: outbox.version,
  cause: outbox.cause,
  keepsSession: outbox.keepsSession,
  actor: outbox.actor,
}

/** Oldest first; only of one subject or organization if that is given. */
export async function readUnpublished(
  statements: Statements,
  options: { limit: number; of?: Versions },
): Promise<ClaimsChange[]> {
  const rows = await statements
    .select(change)
    .from(outbox)
    .where(and(isNull(outbox.publishedAt), options.of && isOf(options.of)))
    .orderBy(asc(outbox.sequence))
    .limit(options.limit)
  return rows.map(toChange)
}

/** The row of one version, published or not; undefined if it was pruned, or was so from the start. */
export async function readChange(
  statements: Statements,
  versioned: Versioned,
): Promise<{ change: ClaimsChange; isPublished: boolean } | undefined> {
  const [row] = await statements
    .select({ ...change, publishedAt: outbox.publishedAt })
    .from(outbox)
    .where(and(isOf(versioned), eq(outbox.version, versioned.version)))
  return row && { change: toChange(row), isPublished: row.publishedAt !== null }
}

/** @returns of how many this call did it; not of those that another had marked before. */
export async function markPublished(
  statements: Statements,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0
  const marked = await statements
    .update(outbox)
    .set({ publishedAt: sql`now()` })
    .where(and(inArray(outbox.id, [...ids]), isNull(outbox.publishedAt)))
    .returning({ id: outbox.id })
  return marked.length
}

export async function countUnpublished(statements: Statements): Promise<number> {
  const [row] = await statements
    .select({ unpublished: count() })
    .from(outbox)
    .where(isNull(outbox.publishedAt))
  return row?.unpublished ?? 0
}

/** Deletes at most `limit` rows that were published longer than `retentionMs` ago. */
export async function prunePublished(
  statements: Statements,
  options: { retentionMs: number; limit: number },
): Promise<void> {
  const expired = statements
    .select({ id: outbox.id })
    .from(outbox)
    .where(lt(outbox.publishedAt, sql`now() - ${options.retentionMs} * interval '1 millisecond'`))
    .limit(options.limit)
  await statements.delete(outbox).where(inArray(outbox.id, expired))
}

function isOf(of: Versions) {
  return of.subject ? eq(outbox.subject, of.subject) : eq(outbox.organization, of.organization)
}

interface Row {
  id: string
  subject: SubjectId | null
  organization: OrganizationId | null
  version: number
  cause: string
  keepsSession: SessionId | null
  actor: SubjectId | null
}

/** The table sees to it that a row is about one of the two. */
function toChange({ subject, organization, actor, keepsSession, ...row }: Row): ClaimsChange {
  const change = { ...row, ...(actor && { actor }) }
  const ends = keepsSession === null ? {} : { endsSessions: { except: keepsSession } }
  if (subject) return { ...change, subject, ...ends }
  if (organization) return { ...change, organization }
  throw new TypeError(`outbox row ${row.id} is about nobody`)
}
