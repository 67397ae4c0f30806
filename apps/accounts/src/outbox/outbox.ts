import type { SubjectId } from '@portcullis/context'
import type { ClaimsChange, ClaimsPublisher } from '@portcullis/revocation'
import type { Logger } from '@portcullis/runtime'
import type { Database } from '../database/database.ts'
import { AccountsError } from '../errors.ts'
import { countUnpublished, markPublished, prunePublished, readUnpublished } from './outbox-rows.ts'

/** Rows of one subject that a mutation publishes on its way out; if there are as many, the replay does the rest. */
const ROWS_AFTER_COMMIT = 20
/** Old rows deleted by one replay at most. */
const ROWS_PRUNED = 1_000

export interface OutboxOptions {
  database: Database
  publisher: Pick<ClaimsPublisher, 'publish'>
  logger: Logger
  /** How long a mutation waits for its event to be published, ms. Default 1000. */
  publishTimeoutMs?: number | undefined
  /** How long a published row is kept, ms. Default 24 h. */
  retentionMs?: number
}

export interface Outbox {
  /** Publishes what one subject's changes left behind. Never rejects: false means that the replay will do it. */
  publishAfterCommit(subject: SubjectId): Promise<boolean>
  /**
   * Publishes the oldest unpublished rows in order, and stops at the first that fails.
   *
   * @param options.limit Rows at most.
   * @throws {AccountsError} `ERR_PUBLISHER_UNAVAILABLE`
   */
  replay(options: { limit: number }): Promise<{ published: number; remaining: number }>
}

/**
 * The changes that committed and may not have been announced. No lock is held while publishing, and none is needed:
 * whoever publishes a row of a subject has seen all earlier ones acknowledged, and a second publication of an id has no
 * effect, so any number of callers at once still announces a subject's versions in order, each once. Skipping rows that
 * another caller holds would let a later version overtake.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { publisher, logger } = options
  const { statements } = options.database
  const publishTimeoutMs = options.publishTimeoutMs ?? 1_000
  const retentionMs = options.retentionMs ?? 24 * 3_600_000

  const announce = async (row: ClaimsChange) => {
    try {
      await publisher.publish(row)
    } catch (error) {
      throw new AccountsError('ERR_PUBLISHER_UNAVAILABLE', { cause: error })
    }
  }

  const publishInOrder = async (selection: { limit: number; subject?: SubjectId }) => {
    const rows = await readUnpublished(statements, selection)
    let published = 0
    for (const row of rows) {
      await announce(row)
      if (await markPublished(statements, row.id)) published += 1
    }
    return { published, isDrained: rows.length < selection.limit }
  }

  return {
    async publishAfterCommit(subject) {
      const publication = publishInOrder({ limit: ROWS_AFTER_COMMIT, subject })
      try {
        const { isDrained } = await withTimeout(publication, publishTimeoutMs)
        return isDrained
      } catch (error) {
        logger.warn({ err: error }, 'a change of claims is not published yet, the outbox keeps it')
        return false
      }
    },
    async replay({ limit }) {
      const { published } = await publishInOrder({ limit })
      await prunePublished(statements, { retentionMs, limit: ROWS_PRUNED })
      return { published, remaining: await countUnpublished(statements) }
    },
  }
}

/** Rejects after `timeoutMs`. The work goes on: it is idempotent, and its late failure is the replay's concern. */
async function withTimeout<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  const expiry = Promise.withResolvers<never>()
  const timer = setTimeout(() => expiry.reject(new Error('timed out')), timeoutMs)
  try {
    return await Promise.race([work, expiry.promise])
  } finally {
    clearTimeout(timer)
  }
}
