import { createId, type SubjectId } from '@portcullis/context'
import { claims as declared } from 'claims'
import { asc, count, inArray, lt, sql } from 'drizzle-orm'
import type { Database, Statements } from '../database/database.ts'
import { outbox, users } from '../database/schema.ts'
import type { SubjectChangeCause } from './record-change.ts'

export interface Filled {
  /** People whose claims got a new version by this call. */
  filled: number
  /** People who are left for the next. */
  remaining: number
}

/**
 * Announces the claims of people anew who were last announced before a claim was declared: their live sessions have it from
 * then on. Each person's version rises once for each version of the declaration, whoever calls and however often.
 *
 * @param options.limit People at most.
 */
export async function fillClaims(database: Database, options: { limit: number }): Promise<Filled> {
  const filled = await database.transaction(async (tx) => {
    const subjects = await lockOutdated(tx, options.limit)
    if (subjects.length === 0) return 0
    const raised = await tx
      .update(users)
      .set({
        claimsVersion: sql`${users.claimsVersion} + 1`,
        claimsDefinition: declared.version,
      })
      .where(inArray(users.id, subjects))
      .returning({ subject: users.id, version: users.claimsVersion })
    const cause: SubjectChangeCause = 'claims.filled'
    await tx.insert(outbox).values(raised.map((row) => ({ id: createId('chg'), cause, ...row })))
    return raised.length
  })
  return { filled, remaining: await countOutdated(database.statements) }
}

const isOutdated = lt(users.claimsDefinition, declared.version)

/** In one order, and passing over whom another call has at hand: several at once take others, and none waits. */
async function lockOutdated(tx: Statements, limit: number): Promise<SubjectId[]> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(isOutdated)
    .orderBy(asc(users.claimsDefinition), asc(users.id))
    .limit(limit)
    .for('update', { skipLocked: true })
  return rows.map(({ id }) => id)
}

async function countOutdated(statements: Statements): Promise<number> {
  const [row] = await statements.select({ outdated: count() }).from(users).where(isOutdated)
  return row?.outdated ?? 0
}
