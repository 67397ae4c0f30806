import type { AppliedLog } from './applied-log.ts'
import { RevocationError } from './errors.ts'
import type { LogEvent } from './event.ts'
import type { LogPage, LogReader } from './log-reader.ts'

/** What application code and caches are told while the log is applied. */
export interface LogListener {
  /** An event was applied; the floor of its key is raised already. */
  onEvent(event: LogEvent): void
  /** Events are missing for good, or the history is another one: nothing cached is to be believed. */
  onReset(): void
}

/** Entries asked for in one read of the log. */
const PAGE_ENTRIES = 500
/** How far back a follower that starts looks, so that what was checked shortly before is still believed. */
const NEWEST_ENTRIES = 1_000
/** Reads in one catching up; at 500 entries each more than the log holds. */
const MAX_READS = 250

/**
 * Reads the log until everything up to its head is applied. Whatever does not continue what was applied leads to less
 * being believed: a trimmed log resets the floors, another history is adopted from its head, a broken one is replaced.
 *
 * @throws {RevocationError} `ERR_HISTORY_UNSETTLED` when no head was reached in 250 reads.
 */
export async function catchUp(log: AppliedLog, reader: LogReader, listener: LogListener) {
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    if (await readOnce(log, reader, listener)) return
  }
  throw new RevocationError('ERR_HISTORY_UNSETTLED')
}

async function readOnce(log: AppliedLog, reader: LogReader, listener: LogListener) {
  const { epoch, position } = log
  if (epoch.counter === 0) return adoptNewest(log, reader, listener)
  const page = await reader.readAfter(position.seq, PAGE_ENTRIES)
  // A hint may have moved the log on while the read was under way: compare with the place it was asked for.
  if (!page || page.epoch.counter < epoch.counter) return reopen(reader, log)
  if (page.epoch.counter > epoch.counter) return adoptNewest(log, reader, listener)
  if (page.epoch.random !== epoch.random) return reopen(reader, log)
  if (page.head.position.seq < position.seq) return reopen(reader, log, 'broken')
  return applyPage(log, page, reader, listener)
}

async function applyPage(log: AppliedLog, page: LogPage, reader: LogReader, listener: LogListener) {
  for (const event of page.entries) {
    const isNext = event.position.seq === log.position.seq + 1
    const outcome = log.apply(event)
    if (outcome === 'applied') listener.onEvent(event)
    if (outcome !== 'gap') continue
    if (isNext) return reopen(reader, log, 'broken')
    return skipTrimmed(log, page, listener)
  }
  if (log.position.seq > page.head.position.seq || log.isAt(page.head)) return true
  if (log.position.seq === page.head.position.seq) return reopen(reader, log, 'broken')
  return page.entries.length > 0 ? false : skipTrimmed(log, page, listener)
}

function skipTrimmed(log: AppliedLog, page: LogPage, listener: LogListener) {
  log.skipTo(page.head)
  listener.onReset()
  return true
}

async function reopen(reader: LogReader, log: AppliedLog, state?: 'broken') {
  await reader.open(log.epoch, state)
  return false
}

async function adoptNewest(log: AppliedLog, reader: LogReader, listener: LogListener) {
  const page = await reader.readNewest(NEWEST_ENTRIES)
  if (!page) return reopen(reader, log)
  log.adopt(page.epoch, page.head, unbrokenTail(page))
  listener.onReset()
  return true
}

/** The entries that lead to the head without a gap. */
function unbrokenTail({ entries, head }: LogPage): readonly LogEvent[] {
  let expected = head
  let start = entries.length
  while (start > 0) {
    const event = entries[start - 1]
    if (event?.nonce !== expected.nonce) break
    const { epoch, seq } = event.position
    expected = { position: { epoch, seq: seq - 1 }, nonce: event.previousNonce }
    start -= 1
  }
  return entries.slice(start)
}
