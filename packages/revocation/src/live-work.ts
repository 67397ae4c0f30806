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
  readonly size: number
}

interface Entry {
  readonly keys: PrincipalKeys
  readonly checkedAt: Position
  readonly controller: AbortController
}

/** Requests, streams and jobs that a principal has running; each event ends those that it makes stale. */
export function createLiveWork(follower: Follower): LiveWork {
  const all = new Set<Entry>()
  const byKey = new Map<EventKey, Set<Entry>>()

  function end(entries: Iterable<Entry>, event?: LogEvent) {
    // A copy: an aborted entry is usually disposed, and so removed, in the same step.
    const stale = [...entries].filter(({ keys, checkedAt }) => follower.isStale(keys, checkedAt))
    if (stale.length === 0) return
    const reason = new WorkEnded(event)
    for (const { controller } of stale) controller.abort(reason)
  }

  const stopEvents = follower.onEvent((event) => {
    const key = keyOf(event)
    end(key === 'everyone' ? all : (byKey.get(key) ?? []), event)
  })
  const stopResets = follower.onReset(() => end(all))

  function remove(entry: Entry) {
    all.delete(entry)
    for (const key of keysOf(entry.keys)) {
      const entries = byKey.get(key)
      entries?.delete(entry)
      if (entries?.size === 0) byKey.delete(key)
    }
  }

  return {
    track(keys, checkedAt) {
      const controller = new AbortController()
      const entry = { keys, checkedAt, controller }
      all.add(entry)
      for (const key of keysOf(keys)) addTo(byKey, key, entry)
      end([entry])
      return { signal: controller.signal, [Symbol.dispose]: () => remove(entry) }
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

function keysOf(keys: PrincipalKeys): EventKey[] {
  const { session, subject, organization } = keys
  return organization ? [session, subject, organization] : [session, subject]
}

function addTo(byKey: Map<EventKey, Set<Entry>>, key: EventKey, entry: Entry) {
  const entries = byKey.get(key)
  if (entries) entries.add(entry)
  else byKey.set(key, new Set([entry]))
}
