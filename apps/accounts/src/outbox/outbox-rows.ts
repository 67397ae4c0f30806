import type { SubjectId } from '@portcullis/context'
import type { ClaimsChange } from '@portcullis/revocation'
import { and, asc, count, eq, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Statements } from '../database/database.ts'
import { outbox } from '../database/schema.ts'

const change = {
  id: outbox.id,
  subject: outbox.subject,
  version: outbox.version,
  cause: outbox.cause,
}

/** Oldest first; only of one subject if that is given. */
export function readUnpublished(
  statements: Statements,
  options: { limit: number; subject?: SubjectId },
): Promise<ClaimsChange[]> {
  const ofSubject = options.subject && eq(outbox.subject, options.subject)
  return statements
    .select(change)
    .from(outbox)
    .where(and(isNull(outbox.publishedAt), ofSubject))
    .orderBy(asc(outbox.sequence))
    .limit(options.limit)
}

/** The row of one version, published or not; undefined if it was pruned, or the subject had that version from the start. */
export async function readChange(
  statements: Statements,
  { subject, version }: { subject: SubjectId; version: number },
): Promise<(ClaimsChange & { isPublished: boolean }) | undefined> {
  const [row] = await statements
    .select({ ...change, publishedAt: outbox.publishedAt })
    .from(outbox)
    .where(and(eq(outbox.subject, subject), eq(outbox.version, version)))
  if (!row) return undefined
  const { publishedAt, ...known } = row
  return { ...known, isPublished: publishedAt !== null }
}

/** @returns whether this call did it; false if another had marked the row before. */
export async function markPublished(statements: Statements, id: string): Promise<boolean> {
  const marked = await statements
    .update(outbox)
    .set({ publishedAt: sql`now()` })
    .where(and(eq(outbox.id, id), isNull(outbox.publishedAt)))
    .returning({ id: outbox.id })
  return marked.length > 0
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
