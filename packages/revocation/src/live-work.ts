import type { Position } from '@portcullis/context'
import type { Follower } from './follower.ts'
import { type EventKey, keyOf, type LogEvent } from './log/event.ts'
import type { PrincipalKeys } from './log/floors.ts'

/** Why work in flight was told to stop. `event` is missing if the history changed. */
export class WorkEnded extends Error {
  override readonly name = 'WorkEnded'
  readonly event: LogEvent | undefined

  constructor(event?: LogEvent) {
    super(event ? `ended by ${event.kind}` : 'ended by a change of history')
    this.event = event
  }
}

/** One piece of work in flight. Dispose it when it is done. */
export interface TrackedWork extends Disposable {
  /** Aborts with a `WorkEnded` when the principal it runs for becomes stale. */
  readonly signal: AbortSignal
}

/** What runs right now, by the principal it runs for. */
export interface LiveWork extends Disposable {
  /** Aborted from the start if the principal is stale already. */
  track(keys: PrincipalKeys, checkedAt: Position): TrackedWork
  /**
   * The same for who has a signal already. `onEnded` is called in the step in which the principal becomes stale, at once if
   * it is, and perhaps again; it must not throw.
   */
  watch(keys: PrincipalKeys, checkedAt: Position, onEnded: (reason: WorkEnded) => void): Disposable
  readonly size: number
}

interface Entry {
  readonly keys: PrincipalKeys
  readonly checkedAt: Position
  readonly onEnded: (reason: WorkEnded) => void
}

/** Most keys have one piece of work: a set for each of them is most of what it would cost to watch a request. */
type Entries = Entry | Set<Entry>

/** Requests, streams and jobs that a principal has running; each event ends those that it makes stale. */
export function createLiveWork(follower: Follower): LiveWork {
  const all = new Set<Entry>()
  const byKey = new Map<EventKey, Entries>()

  const isStale = ({ keys, checkedAt }: Entry) => follower.isStale(keys, checkedAt)

  function end(entries: Iterable<Entry>, event?: LogEvent) {
    // A copy: an ended entry is usually disposed, and so removed, in the same step.
    const stale = [...entries].filter(isStale)
    if (stale.length === 0) return
    const reason = new WorkEnded(event)
    for (const { onEnded } of stale) onEnded(reason)
  }

  const stopEvents = follower.onEvent((event) => {
    const key = keyOf(event)
    end(key === 'everyone' ? all : entriesOf(byKey.get(key)), event)
  })
  const stopResets = follower.onReset(() => end(all))

  function watch(keys: PrincipalKeys, checkedAt: Position, onEnded: Entry['onEnded']): Disposable {
    const entry = { keys, checkedAt, onEnded }
    all.add(entry)
    addTo(byKey, keys.session, entry)
    addTo(byKey, keys.subject, entry)
    if (keys.organization) addTo(byKey, keys.organization, entry)
    if (isStale(entry)) onEnded(new WorkEnded())
    return { [Symbol.dispose]: () => remove(entry) }
  }

  function remove(entry: Entry) {
    const { session, subject, organization } = entry.keys
    all.delete(entry)
    removeFrom(byKey, session, entry)
    removeFrom(byKey, subject, entry)
    if (organization) removeFrom(byKey, organization, entry)
  }

  return {
    watch,
    track(keys, checkedAt) {
      const controller = new AbortController()
      const watched = watch(keys, checkedAt, (reason) => controller.abort(reason))
      return { signal: controller.signal, [Symbol.dispose]: () => watched[Symbol.dispose]() }
    },
    get size() {
      return all.size
    },
    [Symbol.dispose]() {
      stopEvents()
      stopResets()
    },
  }
}

function entriesOf(entries: Entries | undefined): Iterable<Entry> {
  if (entries === undefined) return []
  return entries instanceof Set ? entries : [entries]
}

function addTo(byKey: Map<EventKey, Entries>, key: EventKey, entry: Entry) {
  const entries = byKey.get(key)
  if (entries === undefined) byKey.set(key, entry)
  else if (entries instanceof Set) entries.add(entry)
  else byKey.set(key, new Set([entries, entry]))
}

function removeFrom(byKey: Map<EventKey, Entries>, key: EventKey, entry: Entry) {
  const entries = byKey.get(key)
  if (entries instanceof Set) entries.delete(entry)
  if (entries === entry || (entries instanceof Set && entries.size === 0)) byKey.delete(key)
}
