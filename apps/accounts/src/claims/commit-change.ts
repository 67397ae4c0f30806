import type { Database, Statements } from '../database/database.ts'
import type { Announced, Outbox } from '../outbox/outbox.ts'
import type { Versioned } from './record-change.ts'

/** What a committed change answers, beside what it is about. */
export type Committed<About> = About & Announced

/** Makes a change in one transaction and announces it after the commit. */
export type CommitChange = <About extends Versioned>(
  work: (tx: Statements) => Promise<About>,
) => Promise<Committed<About>>

/** @throws whatever `work` throws; then nothing was changed. */
export function createCommit(options: { database: Database; outbox: Outbox }): CommitChange {
  const { database, outbox } = options
  return async (work) => {
    const committed = await database.transaction(work)
    return { ...committed, ...(await outbox.publishAfterCommit(committed)) }
  }
}
