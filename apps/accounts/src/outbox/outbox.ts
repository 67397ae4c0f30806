import { comparePositions, formatPosition } from '@portcullis/context'
import type {
  Change,
  ClaimsChange,
  ClaimsPublisher,
  FillPoint,
  ReceiptLevel,
  ReceiptWait,
} from '@portcullis/revocation'
import type { Logger } from '@portcullis/runtime'
import type { Versioned } from '../claims/record-change.ts'
import type { Database } from '../database/database.ts'
import { AccountsError } from '../errors.ts'
import { awaitEnforcement, type Enforcer } from './enforcement.ts'
import {
  countUnpublished,
  markPublished,
  prunePublished,
  readChange,
  readUnpublished,
} from './outbox-rows.ts'

/** Rows of one subject or organization that a mutation publishes on its way out; if there are as many, the replay does the rest. */
const ROWS_AFTER_COMMIT = 20
/** Subjects and organizations whose rows are announced at the same time. */
const ANNOUNCED_AT_ONCE = 16
/** Old rows deleted by one replay at most. */
const ROWS_PRUNED = 1_000
const UNKNOWN: Announced = { propagated: 'indeterminate', atLeast: null }

/** Where a change was written, and what its own reply said of it. */
type Published = FillPoint & Pick<Change, 'proof'>

interface Publisher {
  publish(...change: Parameters<ClaimsPublisher['publish']>): Promise<Published>
}

export interface OutboxOptions {
  database: Database
  publisher: Publisher
  enforcer: Enforcer
  logger: Logger
  /** How long a mutation waits for its event to be published, ms. Default 1000. */
  publishTimeoutMs?: number | undefined
  /** How long a published row is kept, ms. Default 24 h. */
  retentionMs?: number
}

export interface Outbox {
  /**
   * Publishes what changes of one subject or organization left behind up to this version, and waits until it is enforced,
   * one lease at most. Never rejects: `indeterminate` means that the replay will bring it.
   */
  publishAfterCommit(change: Versioned): Promise<Announced>
  /**
   * Publishes the oldest unpublished rows, those of one subject or organization in order, and stops when one fails.
   *
   * @param options.limit Rows at most.
   * @throws {AccountsError} `ERR_PUBLISHER_UNAVAILABLE`
   */
  replay(options: { limit: number }): Promise<{ published: number; remaining: number }>
}

/** How far a committed change is known to have got. */
export interface Announced {
  /**
   * `enforced` when nobody decides on what was before, `pending` when that is so within a lease, `indeterminate` when it is
   * not known to be announced; the replay brings it.
   */
  readonly propagated: ReceiptLevel
  /**
   * Place of its event in the log, as `formatPosition` writes it. A request with this as `x-portcullis-at-least` is decided
   * by the change or anything newer. Null while it is not announced.
   */
  readonly atLeast: string | null
}

/** Rows that are in the log, and which of their events is the last there. */
class AnnouncedRows {
  readonly #rows: (Published & { id: string })[] = []
  last: (Published & { id: string }) | undefined

  add({ id }: ClaimsChange, point: Published) {
    const row = { id, ...point }
    this.#rows.push(row)
    if (this.last && comparePositions(this.last.position, point.position) > 0) return
    this.last = row
  }

  /** What has the last one has these: of a history that ended before its own nobody can tell. */
  upToLast(): string[] {
    const epoch = this.last?.position.epoch
    return this.#rows.filter(({ position }) => position.epoch === epoch).map(({ id }) => id)
  }
}

/**
 * The changes that committed and may not have been announced. No lock is held while publishing, and none is needed:
 * whoever publishes a row of a subject or organization has seen all its earlier ones acknowledged, and a second publication
 * of an id has no effect, so any number of callers at once still announces its versions in order, each once. Skipping rows that
 * another caller holds would let a later version overtake. A row counts as published once a majority has its event, or a
 * later one of the same epoch.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { publisher, enforcer, logger } = options
  const { statements } = options.database
  const publishTimeoutMs = options.publishTimeoutMs ?? 1_000
  const retentionMs = options.retentionMs ?? 24 * 3_600_000

  const announce = async (row: ClaimsChange) => {
    const point = await publisher.publish(row, enforcer.instance)
    const { epoch } = enforcer.position
    // Announced before the history changed: whether that one still has it nobody can tell, so it is said once more.
    if (point.position.epoch >= epoch) return point
    return publisher.publish({ ...row, id: `${row.id}.${epoch}` }, enforcer.instance)
  }

  /** Those of one subject or organization in order, of others at the same time, until one fails. */
  const announceAll = async (rows: ClaimsChange[], announced: AnnouncedRows) => {
    const chains = Map.groupBy(
      rows,
      ({ subject, organization }) => subject ?? organization,
    ).values()
    let hasFailed = false
    const work = async () => {
      for (const chain of chains) {
        for (const row of chain) {
          if (hasFailed) return
          announced.add(row, await announce(row))
        }
      }
    }
    const works = Array.from({ length: ANNOUNCED_AT_ONCE }, () =>
      work().catch((cause: unknown) => {
        hasFailed = true
        throw new AccountsError('ERR_PUBLISHER_UNAVAILABLE', { cause })
      }),
    )
    // What is under way when one fails is announced all the same, and is to be marked as such.
    const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }

  const settle = async (announced: AnnouncedRows, wait?: ReceiptWait) => {
    const { last } = announced
    const level = last ? await awaitEnforcement(enforcer, last, wait) : 'enforced'
    if (level === 'indeterminate') return { level, published: 0 }
    return { level, published: await markPublished(statements, announced.upToLast()) }
  }

  /** What has to be in the log before this version is, and it; null if a backlog stands before it. */
  const readUpTo = async (change: Versioned) => {
    const rows = await readUnpublished(statements, { limit: ROWS_AFTER_COMMIT, of: change })
    if (rows.some(({ version }) => version === change.version)) return rows
    const known = await readChange(statements, change)
    if (known && !known.isPublished) return null
    // Somebody else was faster: once more under its id tells where it is.
    return known ? [known.change, ...rows] : rows
  }

  const publishUpTo = async (change: Versioned) => {
    const announced = new AnnouncedRows()
    const rows = await readUpTo(change)
    if (rows) await announceAll(rows, announced)
    return { announced, isComplete: rows !== null }
  }

  return {
    async publishAfterCommit(change) {
      try {
        const { announced, isComplete } = await withTimeout(publishUpTo(change), publishTimeoutMs)
        if (!isComplete) return UNKNOWN
        const { level } = await settle(announced)
        const { last } = announced
        return { propagated: level, atLeast: last ? formatPosition(last.position) : null }
      } catch (error) {
        logger.warn({ err: error }, 'a change of claims is not published yet, the outbox keeps it')
        return UNKNOWN
      }
    },
    async replay({ limit }) {
      const announced = new AnnouncedRows()
      const outcome = announceAll(await readUnpublished(statements, { limit }), announced)
      const failure = await outcome.catch((error: unknown) => error)
      const { level, published } = await settle(announced, 'majority')
      if (failure) throw failure
      if (level === 'indeterminate') throw new AccountsError('ERR_PUBLISHER_UNAVAILABLE')
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
