import { comparePositions, type Position } from '@portcullis/context'
import { type Follower, isWhole, type LogPage } from '@portcullis/revocation'
import type { LogStretch, Trail } from './trail.ts'

/** Entries written down in one transaction. */
const PAGE_ENTRIES = 500
const BEGINNING: Position = { epoch: 0, seq: 0 }

export type ReadableLog = Pick<Follower, 'position' | 'isFresh' | 'catchUp' | 'readLog'>

export interface Written {
  readonly events: number
  /** Entries of the log that are still to be written. */
  readonly behind: number
  readonly isBroken: boolean
}

/**
 * Writes the next part of the log down.
 *
 * @returns null if another worker did, or the log's server is behind the trail: look again.
 * @throws when the log or Postgres is away.
 */
export async function writeNext(log: ReadableLog, trail: Trail): Promise<Written | null> {
  const after = await trail.readCursor()
  const page = await log.readLog(after ?? BEGINNING, PAGE_ENTRIES)
  const stretch = await stretchOf(log, after, page)
  if (!stretch) return null
  const hasNews = stretch.events.length > 0 || !isAt(stretch.upTo, after)
  if (hasNews && !(await trail.append(stretch))) return null
  const behind = Math.max(0, page.head.seq - stretch.upTo.seq)
  return { events: stretch.events.length, behind, isBroken: stretch.isBroken }
}

async function stretchOf(
  log: ReadableLog,
  after: Position | null,
  page: LogPage,
): Promise<LogStretch | null> {
  const { head, events } = page
  if (after && comparePositions(head, after) < 0) return skipLost(log, after)
  const isFull = events.length === PAGE_ENTRIES
  const upTo = (isFull && events.at(-1)?.position) || head
  return { after, events, upTo, isBroken: after !== null && !isWhole(after, page) }
}

/**
 * The trail is ahead of the log: this server lags behind, or the history in which that place was is gone. The one in its place
 * is written from its beginning; what the trail has of it already stays as it is.
 */
async function skipLost(log: ReadableLog, after: Position): Promise<LogStretch | null> {
  await log.catchUp()
  const { position } = log
  if (!log.isFresh() || comparePositions(position, after) >= 0) return null
  return { after, events: [], upTo: { epoch: position.epoch, seq: 0 }, isBroken: true }
}

function isAt(place: Position, after: Position | null): boolean {
  return after !== null && comparePositions(place, after) === 0
}
