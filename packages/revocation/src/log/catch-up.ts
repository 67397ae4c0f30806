import { RevocationError } from '../errors.ts'
import type { Fence, FencePage } from '../fence/fence.ts'
import type { AppliedLog } from './applied-log.ts'
import type { LogEvent } from './event.ts'
import type { SeenEpoch } from './seen-epoch.ts'

/** The log was trimmed past what had been applied, or it has another history. */
export type ResetCause = 'trimmed' | 'history'

/** What application code and caches are told while the log is applied. */
export interface LogListener {
  /** An event was applied; the floor of its key is raised already. */
  onEvent(event: LogEvent): void
  /** Events are missing for good, or the history is another one: nothing cached is to be believed. */
  onReset(cause: ResetCause): void
  /** Events of a history that was adopted at its head, oldest first, which were not applied one by one. */
  onAdopted(events: readonly LogEvent[]): void
}

/** Entries asked for in one fence. */
const PAGE_ENTRIES = 500
/** How far back an instance that starts looks, so that what was checked shortly before is still believed. */
const NEWEST_ENTRIES = 1_000
/** How many events of a new epoch are taken over from before it was adopted, to be re-asserted under the next one. */
const ADOPTED_ENTRIES = 10_000
/** Fences in one catching up; at 500 entries each more than the log holds. */
const MAX_FENCES = 250

/**
 * Fences until everything up to the log's head is applied, and returns the last fence. Whatever does not continue what was
 * applied leads to less being believed: a trimmed log resets the floors, a broken history is replaced, and another one is
 * adopted from its head, though not before its barrier is up: until then the last fence comes back with `barrier: 'down'`.
 *
 * @throws {RevocationError} `ERR_HISTORY_UNSETTLED` when no head was reached in 250 fences.
 */
export async function catchUp(parts: CatchUpParts): Promise<FencePage> {
  for (let fences = 0; fences < MAX_FENCES; fences += 1) {
    const page = await fenceOnce(parts)
    if (page) return page
  }
  throw new RevocationError('ERR_HISTORY_UNSETTLED')
}

export interface CatchUpParts {
  readonly log: AppliedLog
  readonly fence: Fence
  readonly seen: SeenEpoch
  readonly listener: LogListener
}

/** The page if nothing is left to do after it. */
type Outcome = FencePage | undefined

async function fenceOnce(parts: CatchUpParts): Promise<Outcome> {
  const { log, fence, seen } = parts
  const { epoch, position } = log
  if (epoch.counter === 0) return adoptNewest(parts)
  const page = await fence.readAfter(position.seq, PAGE_ENTRIES)
  if (!page || seen.isBehind(page.epoch)) return leaveBehind(parts, page)
  seen.note(page.epoch)
  if (page.epoch.counter > epoch.counter) {
    return page.barrier === 'down' ? page : adoptNewest(parts)
  }
  // A hint may have moved the log on while the fence was under way: compare with the place it was sent from.
  if (page.head.position.seq < position.seq) return replaceBroken(parts)
  return applyPage(parts, page)
}

async function applyPage(parts: CatchUpParts, page: FencePage): Promise<Outcome> {
  const { log, listener } = parts
  for (const event of page.entries) {
    const isNext = event.position.seq === log.position.seq + 1
    const outcome = log.apply(event)
    if (outcome === 'applied') listener.onEvent(event)
    if (outcome !== 'gap') continue
    return isNext ? replaceBroken(parts) : skipTrimmed(parts, page)
  }
  if (log.position.seq > page.head.position.seq || log.isAt(page.head)) return page
  if (log.position.seq === page.head.position.seq) return replaceBroken(parts)
  return page.entries.length > 0 ? undefined : skipTrimmed(parts, page)
}

function skipTrimmed({ log, listener }: CatchUpParts, page: FencePage): Outcome {
  log.skipTo(page.head)
  listener.onReset('trimmed')
  return page
}

/** The server has no history, or one that was left behind: it opens a higher one, unless it has been deposed. */
async function leaveBehind(
  { fence, seen }: CatchUpParts,
  page: FencePage | null,
): Promise<Outcome> {
  if (page && !page.isProven) throw new RevocationError('ERR_HISTORY_UNSETTLED')
  await fence.open(seen.highest)
  return undefined
}

async function replaceBroken({ log, fence }: CatchUpParts): Promise<Outcome> {
  await fence.open(log.epoch, 'broken')
  return undefined
}

async function adoptNewest(parts: CatchUpParts): Promise<Outcome> {
  const { log, fence, seen, listener } = parts
  const isFirst = log.epoch.counter === 0
  const page = await fence.readNewest(isFirst ? NEWEST_ENTRIES : ADOPTED_ENTRIES)
  if (!page || seen.isBehind(page.epoch)) return leaveBehind(parts, page)
  seen.note(page.epoch)
  if (page.barrier === 'down') return page
  const tail = unbrokenTail(page)
  log.adopt(page.epoch, page.head, tail)
  listener.onAdopted(tail)
  listener.onReset('history')
  return page
}

/** The entries that lead to the head without a gap. */
function unbrokenTail({ entries, head }: FencePage): readonly LogEvent[] {
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
